import type { OwnEventsOf, SectionOf } from '@asyngular/protocol/internal';
import type { DemuxedConsumableStream, WritableConsumableStream } from '@asyngular/streams';
import { MessageStreams } from '@asyngular/streams/internal';
import type { SocketEvents } from '../events/socket-events.js';
import type { OutboundPacket } from '../outbound/outbound-packet.js';
import type { Session } from '../session/session.js';

/** The connection side of a socket, for this package only. */
export let sessionOf: (socket: SocketStreams) => Session;

/**
 * All streams of a socket: besides listeners, receivers and procedures those of its middleware and of its
 * two directions. They have backlogs, and they end one by one, by direction or together.
 */
export abstract class SocketStreams<
  Api = any,
  Requests extends object = any,
> extends MessageStreams<
  SocketEvents<Api>,
  Extract<SectionOf<Api, 'receivers'>, object>,
  Requests,
  OwnEventsOf<Api>
> {
  readonly #session: Session;

  static {
    sessionOf = (socket) => socket.#session;
  }

  /** @internal */
  constructor(session: Session) {
    super(session.inbound.meter);
    this.#session = session;
    session.socket = this;
  }

  /** As inherited; calls that came just before it get to its loop. */
  override procedure<Name extends keyof Requests & string>(
    name: Name,
  ): DemuxedConsumableStream<Requests[Name]> {
    this.#session.waitingCalls?.wake(name);
    return super.procedure(name);
  }

  /**
   * Every message the client sends, before middleware, heartbeats included. A view: writing to it does
   * nothing for the socket. Made on first use; bound a slow loop with `highWaterMark`.
   */
  get inboundMessageStream(): WritableConsumableStream<string | Buffer> {
    return this.#session.inbound.createView();
  }

  /**
   * Every packet for the client in wire form, publications included, before outbound middleware. A view,
   * as `inboundMessageStream`.
   */
  get outboundPacketStream(): WritableConsumableStream<OutboundPacket> {
    return this.#session.outbound.createView();
  }

  /** The handshake line's stream of actions for this connection; `undefined` while the line is not set. */
  get middlewareHandshakeStream(): WritableConsumableStream | undefined {
    return this.#session.existingLanes?.handshake?.stream;
  }

  /** The inboundRaw line's stream of actions for this socket; `undefined` while the line has not run. */
  get middlewareInboundRawStream(): WritableConsumableStream | undefined {
    return this.#session.existingLanes?.inboundRaw?.stream;
  }

  /** The inbound line's stream of actions for this socket; `undefined` while the line has not run. */
  get middlewareInboundStream(): WritableConsumableStream | undefined {
    return this.#session.existingLanes?.inbound?.stream;
  }

  /** The outbound line's stream of actions for this socket; `undefined` while the line has not run. */
  get middlewareOutboundStream(): WritableConsumableStream | undefined {
    return this.#session.existingLanes?.outbound?.stream;
  }

  /** Frames received and not handled yet, because middleware or a broker is awaited. */
  getInboundBackpressure(): number {
    return this.#session.inbound.backpressure;
  }

  /** Packets that wait for the outbound middleware. */
  getOutboundBackpressure(): number {
    const { preparedCount, sentCount } = this.#session.outbound;
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
    this.#session.inbound.close();
    this.#session.inbound.view?.close();
  }

  /** Drops what has been received but not handled, and what comes later. */
  killInput(): void {
    this.#session.inbound.stop();
    this.#session.inbound.view?.kill();
  }

  /** Sends nothing any more, except what has been called before. */
  closeOutput(): void {
    this.#session.outbound.close();
    this.#session.outbound.view?.close();
  }

  /** Sends nothing any more, and drops what has not been sent. */
  killOutput(): void {
    this.#session.outbound.clear();
    this.#session.outbound.view?.kill();
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
    this.#session.existingLanes?.end('close');
  }

  /** Ends this socket's middleware loops at once. */
  killAllMiddlewares(): void {
    this.#session.existingLanes?.end('kill');
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

  /** @internal Ends the streams of what the client has sent, at once. */
  killInputStreams(): void {
    this.killInput();
    this.killAllReceivers();
    this.killAllProcedures();
    this.killListener('raw');
    this.killListener('message');
  }

  /** @internal */
  protected override onUnheardEmit(event: string): void {
    this.#session.core.onUnheardEmit(event);
  }

  /** @internal `raw` or `message`: what the client sent, and so counted. */
  deliverMessage(event: 'raw' | 'message', message: string | Buffer): void {
    this.announce(event, { message }, message.length);
  }

  /** @internal */
  deliverTransmit(name: string, data: unknown, size: number): void {
    this.writeToReceiver(name, data, size);
  }

  /** @internal */
  deliverInvoke(request: unknown, procedure: string, size: number): void {
    this.writeToProcedure(procedure, request, size);
  }
}
