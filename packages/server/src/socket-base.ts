import type { IncomingMessage } from 'node:http';
import { socketProtocolErrorStatuses, socketProtocolIgnoreStatuses } from '@asyngular/protocol';
import type {
  AuthTokenOf,
  CallData,
  CallResult,
  NameIn,
  SectionOf,
} from '@asyngular/protocol/internal';
import type { WritableConsumableStream } from '@asyngular/streams';
import { MessageStreams } from '@asyngular/streams/internal';
import type { SocketEvents } from './events.js';
import type { AGExchange } from './exchange.js';
import type { AGRequest } from './request.js';
import type { AGServer } from './server.js';
import type { AuthState, Session, SocketState } from './session.js';
import { type SocketStats, socketStats } from './stats.js';

/** Request types of the procedures that clients call. */
export type RequestsOf<Api> = {
  [Name in NameIn<SectionOf<Api, 'procedures'>>]: AGRequest<
    CallData<SectionOf<Api, 'procedures'>, Name>,
    CallResult<SectionOf<Api, 'procedures'>, Name>,
    Api
  >;
};

/** The connection side of a socket, for this package only. */
export let sessionOf: (socket: SocketBase) => Session;

/** What can be read of a socket, and what ends or batches its streams. Acts are in server-socket.ts. */
export abstract class SocketBase<Api = any> extends MessageStreams<
  SocketEvents<Api>,
  Extract<SectionOf<Api, 'receivers'>, object>,
  RequestsOf<Api>
> {
  static readonly CONNECTING = 'connecting';
  static readonly OPEN = 'open';
  static readonly CLOSED = 'closed';
  static readonly AUTHENTICATED = 'authenticated';
  static readonly UNAUTHENTICATED = 'unauthenticated';
  /** Texts of close codes that are no error. */
  static readonly ignoreStatuses = socketProtocolIgnoreStatuses;
  /** Texts of close codes that are. */
  static readonly errorStatuses = socketProtocolErrorStatuses;

  // On the prototype: an idle socket should not pay for constants.
  declare readonly CONNECTING: 'connecting';
  declare readonly OPEN: 'open';
  declare readonly CLOSED: 'closed';
  declare readonly AUTHENTICATED: 'authenticated';
  declare readonly UNAUTHENTICATED: 'unauthenticated';

  readonly #session: Session;

  static {
    sessionOf = (socket) => socket.#session;
  }

  /** @internal */
  constructor(session: Session) {
    super({ meter: session.inbound.meter });
    this.#session = session;
  }

  /** 20 URL-safe characters; new for every connection. */
  get id(): string {
    return this.#session.id;
  }

  /** The server that accepted the socket. */
  get server(): AGServer<Api> {
    return this.#session.core.server;
  }

  /** The engine's own socket object. */
  get socket(): any {
    return this.#session.connection.raw;
  }

  /** The HTTP request that became this connection. */
  get request(): IncomingMessage {
    return this.#session.request;
  }

  /** The server's exchange. */
  get exchange(): AGExchange<Api> {
    return this.#session.core.exchange;
  }

  /** `'connecting'` until the handshake is complete, `'open'`, `'closed'`. */
  get state(): SocketState {
    return this.#session.state;
  }

  /** `'authenticated'` while the socket has a valid token. */
  get authState(): AuthState {
    return this.#session.auth.state;
  }

  /** Payload of the socket's token, or `null`. */
  get authToken(): AuthTokenOf<Api> | null {
    return this.#session.auth.authToken as AuthTokenOf<Api> | null;
  }

  /** The token as it was signed, or `null`. */
  get signedAuthToken(): string | null {
    return this.#session.auth.signedAuthToken;
  }

  /** Heartbeat version of the client; the server's default until it has answered a ping. */
  get protocolVersion(): 1 | 2 {
    return this.#session.heartbeat.version ?? this.server.protocolVersion;
  }

  /** Address of the TCP peer: the client, or a proxy in front. */
  get remoteAddress(): string | undefined {
    return this.#session.connection.remoteAddress;
  }

  /** `'IPv4'` or `'IPv6'`. */
  get remoteFamily(): string | undefined {
    return this.#session.connection.remoteFamily;
  }

  /** Port of the TCP peer. */
  get remotePort(): number | undefined {
    return this.#session.connection.remotePort;
  }

  /** What a front end has set on the upgrade request. */
  get forwardedForAddress(): string | undefined {
    return (this.request as { forwardedForAddress?: string }).forwardedForAddress;
  }

  /** Channel name → `true`, for every channel this socket is subscribed to. */
  get channelSubscriptions(): Record<string, true> {
    const names: Record<string, true> = Object.create(null);
    for (const name of this.#session.subscriptions ?? []) names[name] = true;
    return names;
  }

  /** Number of channels the socket is subscribed to. */
  get channelSubscriptionsCount(): number {
    return this.#session.subscriptions?.size ?? 0;
  }

  /** Frames received. */
  get inboundReceivedMessageCount(): number {
    return this.#session.inbound.receivedCount;
  }

  /** Frames handled completely. */
  get inboundProcessedMessageCount(): number {
    return this.#session.inbound.processedCount;
  }

  /** Packets to send, made so far. */
  get outboundPreparedMessageCount(): number {
    return this.#session.outbound.preparedCount;
  }

  /** Packets that have passed the outbound middleware. */
  get outboundSentMessageCount(): number {
    return this.#session.outbound.sentCount;
  }

  /** Bytes sent that the kernel has not accepted yet. */
  get bufferedBytes(): number {
    return this.#session.outbound.outbox.bufferedBytes;
  }

  /** The server's `cloneData` option. */
  get cloneData(): boolean {
    return this.#session.core.options.cloneData;
  }

  /** The handshake line's stream of actions for this connection; `undefined` while the line is not set. */
  get middlewareHandshakeStream(): WritableConsumableStream | undefined {
    return this.#session.handshakeLane?.stream;
  }

  /** The inboundRaw line's stream of actions for this socket; `undefined` while the line has not run. */
  get middlewareInboundRawStream(): WritableConsumableStream | undefined {
    return this.#session.inboundRawLane?.stream;
  }

  /** The inbound line's stream of actions for this socket; `undefined` while the line has not run. */
  get middlewareInboundStream(): WritableConsumableStream | undefined {
    return this.#session.inboundLane?.stream;
  }

  /** The outbound line's stream of actions for this socket; `undefined` while the line has not run. */
  get middlewareOutboundStream(): WritableConsumableStream | undefined {
    return this.#session.outbound.lane?.stream;
  }

  /** The same as `state`. */
  getState(): SocketState {
    return this.state;
  }

  /** The same as `authToken`. */
  getAuthToken(): AuthTokenOf<Api> | null {
    return this.authToken;
  }

  /** Whether a token's `exp` has passed; `false` when it has none. */
  isAuthTokenExpired(token: { exp?: number } | null): boolean {
    return this.#session.auth.isExpired(token);
  }

  /** Bytes read from the network by this connection. */
  getBytesReceived(): number {
    return this.#session.connection.bytesReceived;
  }

  /** Counters of this socket. */
  stats(): SocketStats {
    return socketStats(this.#session);
  }

  /** Emits `error` here and `warning` on the server. */
  emitError(error: Error): void {
    this.#session.emitError(error);
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
  }

  /** Drops what has been received but not handled, and what comes later. */
  killInput(): void {
    this.#session.inbound.stop();
  }

  /** Sends nothing any more, except what has been called before. */
  closeOutput(): void {
    this.#session.outbound.close();
  }

  /** Sends nothing any more, and drops what has not been sent. */
  killOutput(): void {
    this.#session.outbound.clear();
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
    this.#session.endLanes('close');
  }

  /** Ends this socket's middleware loops at once. */
  killAllMiddlewares(): void {
    this.#session.endLanes('kill');
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
    return this.#session.outbound.existingBatcher?.isBatching ?? false;
  }

  /** Whether packets are being collected now. */
  get isBufferingBatch(): boolean {
    return this.#session.outbound.existingBatcher?.isBuffering ?? false;
  }

  /** The server's `batchOnHandshake` option. */
  get batchOnHandshake(): boolean {
    return this.#session.core.options.batchOnHandshake;
  }

  /** The server's `batchOnHandshakeDuration`, in ms. */
  get batchOnHandshakeDuration(): number {
    return this.#session.core.options.batchOnHandshakeDuration;
  }

  /** The server's `batchInterval`, in ms. */
  get batchInterval(): number {
    return this.#session.core.options.batchInterval;
  }

  /** Collects packets until `flushBatch()` or `cancelBatch()`. */
  startBatch(): void {
    this.#session.outbound.batcher.startBatch();
  }

  /** Sends the collected packets as one array. */
  flushBatch(): void {
    this.#session.outbound.existingBatcher?.flushBatch();
  }

  /** Discards the collected packets; calls among them reject with AbortError. */
  cancelBatch(): void {
    const { outbound } = this.#session;
    outbound.abandon(outbound.existingBatcher?.cancelBatch() ?? []);
  }

  /** Collects packets and sends them every `batchInterval` ms. */
  startBatching(): void {
    this.#session.outbound.batcher.startBatching();
  }

  /** Ends continuous batching and sends what is collected. */
  stopBatching(): void {
    this.#session.outbound.existingBatcher?.stopBatching();
  }

  /** Ends continuous batching; discards as `cancelBatch()` does. */
  cancelBatching(): void {
    const { outbound } = this.#session;
    outbound.abandon(outbound.existingBatcher?.cancelBatching() ?? []);
  }
}

Object.assign(SocketBase.prototype, {
  CONNECTING: 'connecting',
  OPEN: 'open',
  CLOSED: 'closed',
  AUTHENTICATED: 'authenticated',
  UNAUTHENTICATED: 'unauthenticated',
});
