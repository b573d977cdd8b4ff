import {
  closeCodes,
  encodeReason,
  InvalidArgumentsError,
  isLegalCloseCode,
  socketProtocolErrorStatuses,
  socketProtocolIgnoreStatuses,
} from '@asyngular/protocol';
import type {
  AuthTokenOf,
  BodyItem,
  CallData,
  CallResult,
  NameIn,
  OnceNameIn,
  PayloadArgs,
  PayloadIn,
  SectionOf,
  StreamItem,
  StreamNameIn,
} from '@asyngular/protocol/internal';
import type { SetAuthTokenOptions } from '../auth/authentication.js';
import { toMessage } from '../codecs/message.js';
import type { AuthState, SocketState } from '../events/socket-events.js';
import { invokeChecked, streamChecked, transmitChecked } from '../session/checked-messages.js';
import { harmless, harmlessCall } from '../turns/harmless.js';
import {
  checkInvokeOptions,
  checkStreamOptions,
  type InvokeOptions,
  type StreamOptions,
} from './call-options.js';
import { type JoinChannelOptions, joinChannel } from './join-channel.js';
import { kickOut } from './kick-out.js';
import type { RequestsOf } from './request.js';
import { SocketFacts } from './socket-facts.js';
import { type SocketStats, socketStats } from './socket-stats.js';
import { sessionOf } from './socket-streams.js';

type ClientReceivers<Api> = SectionOf<Api, 'clientReceivers'>;
type ClientProcedures<Api> = SectionOf<Api, 'clientProcedures'>;

/**
 * One connected client. Its messages, calls and events are streams: `receiver(name)`,
 * `procedure(name)`, `listener(event)`. Made by the server; a client that reconnects gets a new one.
 * Spec: docs/server.md.
 */
export class AGServerSocket<Api = any> extends SocketFacts<Api, RequestsOf<Api>> {
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

  /** Heartbeat version of the client; the server's default until it has answered a ping. */
  get protocolVersion(): 1 | 2 {
    return sessionOf(this).heartbeat.version ?? this.server.protocolVersion;
  }

  /** The same as `state`. */
  getState(): SocketState {
    return this.state;
  }

  /** The same as `authToken`. */
  getAuthToken(): AuthTokenOf<Api> | null {
    return this.authToken;
  }

  /**
   * Whether a token's `exp` has passed, under the server's `defaultVerificationOptions` (`clockTolerance`,
   * `ignoreExpiration`); `false` when it has none.
   */
  isAuthTokenExpired(token: { exp?: number } | null): boolean {
    return sessionOf(this).auth.isExpired(token);
  }

  /** Bytes read from the network by this connection. */
  getBytesReceived(): number {
    return sessionOf(this).connection.bytesReceived;
  }

  /** Counters of this socket. */
  stats(): SocketStats {
    return socketStats(sessionOf(this));
  }

  /** Emits `error` here and `warning` on the server. */
  emitError(error: Error): void {
    sessionOf(this).emitError(error);
  }

  /**
   * Sends a one-way message to the client's receiver. Resolves at once; when the socket is not open a
   * BadConnectionError is emitted as `error`.
   */
  async transmit<Name extends NameIn<ClientReceivers<Api>>>(
    receiver: Name,
    ...[data]: PayloadArgs<PayloadIn<ClientReceivers<Api>, Name>, object>
  ): Promise<void> {
    const session = sessionOf(this);
    const { contract } = session.core;
    if (contract === undefined) session.transmit(receiver, data);
    else transmitChecked(session, contract, receiver, data);
  }

  /**
   * Calls a procedure of the client. Rejects with the client's error, with TimeoutError after
   * `ackTimeout`, with BadConnectionError when the socket closes or is not open (then emitted too), with the signal's
   * reason when aborted, with InvalidOptionsError for options that cannot work, and with NotSupportedError for a
   * `body` where the client knows none.
   */
  invoke<Name extends OnceNameIn<ClientProcedures<Api>>>(
    procedure: Name,
    ...[data, options]: PayloadArgs<
      CallData<ClientProcedures<Api>, Name>,
      InvokeOptions<BodyItem<ClientProcedures<Api>, Name>>
    >
  ): Promise<CallResult<ClientProcedures<Api>, Name>> {
    try {
      const checked = checkInvokeOptions(options);
      const { ackTimeout = this.server.ackTimeout } = checked;
      const session = sessionOf(this);
      const { contract } = session.core;
      const call = { procedure, data, timeoutMs: ackTimeout, options: checked };
      const answer =
        contract === undefined
          ? session.invoke(procedure, data, ackTimeout, checked)
          : invokeChecked(session, contract, call);
      return harmlessCall(answer) as Promise<any>;
    } catch (error) {
      return harmless(Promise.reject(error));
    }
  }

  /**
   * Reads what a procedure of the client yields: each loop is a call of its own, made when it asks for the first
   * item. Leaving the loop ends the procedure. The loop ends with the client's error, and else as `invoke` rejects;
   * ResourceLimitError: more than `maxStreams` at a time. Throws InvalidOptionsError.
   */
  stream<Name extends StreamNameIn<ClientProcedures<Api>>>(
    procedure: Name,
    ...[data, options]: PayloadArgs<
      CallData<ClientProcedures<Api>, Name>,
      StreamOptions<BodyItem<ClientProcedures<Api>, Name>>
    >
  ): AsyncIterable<StreamItem<ClientProcedures<Api>, Name>> {
    const checked = checkStreamOptions(options);
    const { ackTimeout = this.server.ackTimeout } = checked;
    const session = sessionOf(this);
    const { contract } = session.core;
    const call = { procedure, data, timeoutMs: ackTimeout, options: checked };
    return {
      [Symbol.asyncIterator]: () =>
        contract === undefined
          ? session.stream(procedure, data, ackTimeout, checked)
          : (streamChecked(session, contract, call) as AsyncGenerator<any>),
    };
  }

  /**
   * Sends a message of your own: a string as text frame, bytes as binary frame; past the codec. Throws
   * `InvalidMessageError` for anything else.
   */
  send(message: string | ArrayBufferLike | ArrayBufferView, _options?: unknown): void {
    sessionOf(this).sendRaw(message);
  }

  /**
   * Closes the socket after everything sent before. `code`: 1000 (default), 3000–4999, or another that a
   * close frame may carry (1001–1003, 1007–1014); an illegal one is reported as `error` and replaced by
   * 1000. Reasons are cut to 123 bytes.
   */
  async disconnect(code: number = closeCodes.normal, reason?: unknown): Promise<void> {
    if (isLegalCloseCode(code)) {
      sessionOf(this).close(code, encodeReason(reason));
      return;
    }
    const error = new InvalidArgumentsError(
      `The close code of disconnect() is ${String(code)}; it must be 1000 or a number from 3000 to 4999 (or 1001–1003, 1007–1014)`,
    );
    sessionOf(this).emitError(error);
    sessionOf(this).close(closeCodes.normal, encodeReason(reason));
  }

  /** Drops the connection without a closing handshake; the client sees 1006. */
  terminate(): void {
    sessionOf(this).terminate();
  }

  /**
   * Signs `data` as the socket's new token, authenticates the socket with it and sends it to the client.
   * Resolves without waiting for delivery, unless `rejectOnFailedDelivery`; then rejects with AuthError
   * if the client does not confirm. When signing fails the socket is closed with 4002. Of several calls the
   * last one wins, whatever signing takes; one that deauthentication overtakes rejects with AuthError.
   */
  setAuthToken(
    data: Omit<AuthTokenOf<Api>, 'iat' | 'exp'> & { exp?: number; iat?: number },
    options?: SetAuthTokenOptions,
  ): Promise<void> {
    return harmless(sessionOf(this).auth.setAuthToken(data, options));
  }

  /**
   * Takes the socket's token away, here and on the client. With `rejectOnFailedDelivery` it resolves when the
   * client has confirmed, else it rejects, and the error is emitted, too.
   */
  deauthenticate(options?: { rejectOnFailedDelivery?: boolean }): Promise<void> {
    const isConfirmed = options?.rejectOnFailedDelivery === true;
    return harmless(sessionOf(this).auth.deauthenticate(isConfirmed));
  }

  /** Takes the socket's token away without telling the client. */
  deauthenticateSelf(): void {
    sessionOf(this).auth.deauthenticateSelf();
  }

  /** @internal Emits the events of a socket that has become authenticated. */
  triggerAuthenticationEvents(oldAuthState: AuthState): void {
    sessionOf(this).auth.triggerEvents(oldAuthState);
  }

  /**
   * Subscribes the socket to a channel without being asked, and past the middleware. Publications arrive as if the client
   * had subscribed; where the channel has history, they begin with `rewind`. Clients of this library have a `subscribe` event
   * with `byServer: true`; published ones get the publications and hand them out if they are subscribed themselves. It ends
   * with the connection, `kickOut()`, or the client's own `unsubscribe()`: join it again for each connection. `'#user'` is
   * the user's own channel. Resolves when the broker has confirmed it, at once if the socket is subscribed. Rejects with
   * `BadConnectionError` on a socket that is not open, with `BrokerError`, `InvalidActionError` or `InvalidArgumentsError`.
   */
  joinChannel(channel: string, options?: JoinChannelOptions): Promise<void> {
    return harmless(joinChannel(sessionOf(this), channel, options));
  }

  /**
   * Removes the socket from one channel, several, or all (no name), and tells the client, without the message if that
   * cannot be encoded. Rejects with InvalidActionError for a channel it is not subscribed to; the client gets the message
   * all the same.
   * Throws InvalidArgumentsError for names that are not strings.
   */
  kickOut(channel?: string | readonly string[], message?: unknown): Promise<void> {
    return kickOut(sessionOf(this), channel, message);
  }

  /** Names of the channels the socket is subscribed to, in order. */
  subscriptions(): string[] {
    return [...(sessionOf(this).subscriptions ?? [])];
  }

  /** Whether the socket is subscribed to the channel. */
  isSubscribed(channel: string): boolean {
    return sessionOf(this).subscriptions?.has(channel) ?? false;
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

  /** @internal */
  encode(packet: unknown): string | Uint8Array {
    return toMessage(sessionOf(this).codec.encode(packet));
  }

  /** @internal */
  decode(message: string | Uint8Array): unknown {
    return sessionOf(this).codec.decode(message);
  }

  /** @internal */
  serializeObject(packet: unknown): string | Uint8Array {
    return this.encode(packet);
  }

  /** @internal */
  sendObject(packet: object): void {
    sessionOf(this).sendPacket(packet);
  }
}

Object.assign(AGServerSocket.prototype, {
  CONNECTING: 'connecting',
  OPEN: 'open',
  CLOSED: 'closed',
  AUTHENTICATED: 'authenticated',
  UNAUTHENTICATED: 'unauthenticated',
});

/** The socket of a session, which knows only what it needs of it; nothing else makes one. */
export function socketOf(session: { readonly socket: object }): AGServerSocket {
  return session.socket as AGServerSocket;
}

// Declared in server/server.ts, which knows the type.
Object.defineProperty(AGServerSocket.prototype, 'server', {
  get(this: AGServerSocket) {
    return sessionOf(this).core.server;
  },
  configurable: true,
});
