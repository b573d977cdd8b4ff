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
import type { AGExchange } from '../channels/exchange.js';
import type { OutboundPacket } from '../outbound/outbound.js';
import type { SocketEvents } from '../server/events.js';
import type { AGServer } from '../server/server.js';
import { type SocketStats, socketStats } from '../server/stats.js';
import type { AuthState, Session, SocketState } from '../session/session.js';
import { inboundMessages, outboundPackets } from './raw-streams.js';
import type { AGRequest } from './request.js';

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

/** What can be read of a socket. What ends its streams is in socket-flow.ts, what it does in server-socket.ts. */
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

  /**
   * Every message the client sends, before middleware, heartbeats included. A view: writing to it does
   * nothing for the socket. Made on first use; bound a slow loop with `highWaterMark`.
   */
  get inboundMessageStream(): WritableConsumableStream<string | Buffer> {
    return inboundMessages(this.#session);
  }

  /**
   * Every packet for the client in wire form, publications included, before outbound middleware. A view,
   * as `inboundMessageStream`.
   */
  get outboundPacketStream(): WritableConsumableStream<OutboundPacket> {
    return outboundPackets(this.#session);
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
}

Object.assign(SocketBase.prototype, {
  CONNECTING: 'connecting',
  OPEN: 'open',
  CLOSED: 'closed',
  AUTHENTICATED: 'authenticated',
  UNAUTHENTICATED: 'unauthenticated',
});
