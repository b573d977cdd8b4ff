import { endRawStream } from './raw-streams.js';
import { SocketBase, sessionOf } from './socket-base.js';

/** A socket's backlogs, what ends its streams, and its batches. */
export abstract class SocketFlow<Api = any> extends SocketBase<Api> {
  /** Frames received and not handled yet, because middleware or a broker is awaited. */
  getInboundBackpressure(): number {
    return sessionOf(this).inbound.backpressure;
  }

  /** Packets that wait for the outbound middleware. */
  getOutboundBackpressure(): number {
    const { preparedCount, sentCount } = sessionOf(this).outbound;
    return preparedCount - sentCount;
  }

  /** The longest backlog of this socket: inbound, outbound, listeners, receivers or procedures. */
  getBackpressure(): number {
    return Math.max(
      this.getInboundBackpressure(),
      this.getOutboundBackpressure(),
      this.getAllListenersBackpressure(),
      this.getAllReceiversBackpressure(),
      this.getAllProceduresBackpressure(),
    );
  }

  /** Handles what has been received and ignores what comes later. */
  closeInput(): void {
    sessionOf(this).inbound.close();
    endRawStream(sessionOf(this), 'inbound', 'close');
  }

  /** Drops what has been received but not handled, and what comes later. */
  killInput(): void {
    sessionOf(this).inbound.stop();
    endRawStream(sessionOf(this), 'inbound', 'kill');
  }

  /** Sends nothing any more, except what has been called before. */
  closeOutput(): void {
    sessionOf(this).outbound.close();
    endRawStream(sessionOf(this), 'outbound', 'close');
  }

  /** Sends nothing any more, and drops what has not been sent. */
  killOutput(): void {
    sessionOf(this).outbound.clear();
    endRawStream(sessionOf(this), 'outbound', 'kill');
  }

  /** `closeInput()` and `closeOutput()`. */
  closeIO(): void {
    this.closeInput();
    this.closeOutput();
  }

  /** `killInput()` and `killOutput()`. */
  killIO(): void {
    this.killInput();
    this.killOutput();
  }

  /** Ends this socket's middleware loops after their backlog. */
  closeAllMiddlewares(): void {
    sessionOf(this).endLanes('close');
  }

  /** Ends this socket's middleware loops at once. */
  killAllMiddlewares(): void {
    sessionOf(this).endLanes('kill');
  }

  /** Ends every stream of this socket after its backlog. */
  closeAllStreams(): void {
    this.closeAllMiddlewares();
    this.closeIO();
    this.closeAllReceivers();
    this.closeAllProcedures();
    this.closeAllListeners();
  }

  /** Ends every stream of this socket at once. */
  killAllStreams(): void {
    this.killAllMiddlewares();
    this.killIO();
    this.killAllReceivers();
    this.killAllProcedures();
    this.killAllListeners();
  }

  /** Whether continuous batching is on. */
  get isBatching(): boolean {
    return sessionOf(this).outbound.existingBatcher?.isBatching ?? false;
  }

  /** Whether packets are being collected now. */
  get isBufferingBatch(): boolean {
    return sessionOf(this).outbound.existingBatcher?.isBuffering ?? false;
  }

  /** The server's `batchOnHandshake` option. */
  get batchOnHandshake(): boolean {
    return sessionOf(this).core.options.batchOnHandshake;
  }

  /** The server's `batchOnHandshakeDuration`, in ms. */
  get batchOnHandshakeDuration(): number {
    return sessionOf(this).core.options.batchOnHandshakeDuration;
  }

  /** The server's `batchInterval`, in ms. */
  get batchInterval(): number {
    return sessionOf(this).core.options.batchInterval;
  }

  /** Collects packets until `flushBatch()` or `cancelBatch()`. */
  startBatch(): void {
    sessionOf(this).outbound.batcher.startBatch();
  }

  /** Sends the collected packets as one array. */
  flushBatch(): void {
    sessionOf(this).outbound.existingBatcher?.flushBatch();
  }

  /** Discards the collected packets; calls among them reject with AbortError. */
  cancelBatch(): void {
    const { outbound } = sessionOf(this);
    outbound.abandon(outbound.existingBatcher?.cancelBatch() ?? []);
  }

  /** Collects packets and sends them every `batchInterval` ms. */
  startBatching(): void {
    sessionOf(this).outbound.batcher.startBatching();
  }

  /** Ends continuous batching and sends what is collected. */
  stopBatching(): void {
    sessionOf(this).outbound.existingBatcher?.stopBatching();
  }

  /** Ends continuous batching; discards as `cancelBatch()` does. */
  cancelBatching(): void {
    const { outbound } = sessionOf(this);
    outbound.abandon(outbound.existingBatcher?.cancelBatching() ?? []);
  }
}
