import { ChannelStreams } from '@asyngular/channels/internal';
import {
  type AppContract,
  type Codec,
  InvalidArgumentsError,
  socketProtocolErrorStatuses,
  socketProtocolIgnoreStatuses,
} from '@asyngular/protocol';
import type { AuthTokenOf, OwnEventsOf } from '@asyngular/protocol/internal';
import { defineMember, MessageStreams } from '@asyngular/streams/internal';
import { development } from '#development';
import { type AuthEngine, TokenStorage } from './auth/token-storage.js';
import type { Connection } from './connection/link.js';
import { connectionUri } from './connection/uri.js';
import { type Context, emitError } from './context.js';
import type { Trouble } from './development/client-log.js';
import type { AuthState, ClientEvents, SocketState } from './events.js';
import type { MessageSink } from './messages/inbound.js';
import type { ClientOptions, ResolvedOptions } from './options/options.js';
import { type NamedOptions, readOptions, resolveOptions } from './options/resolve-options.js';
import { createParts, type Parts } from './parts.js';
import type { Platform } from './platform/platform.js';
import { type StateNames, stateNames } from './state-names.js';
import type { ReceiversOf, RequestsOf } from './types.js';

interface SocketContext extends Context {
  options: ResolvedOptions;
}

/** The names of states, such as `OPEN`, which is `'open'`. */
export interface ClientSocketState<Contract extends AppContract = any, Socket = any>
  extends StateNames {}

/**
 * What a client socket is: its options, its parts and everything that can be read from it.
 * {@link AGClientSocket} adds what it does.
 */
export abstract class ClientSocketState<
  Contract extends AppContract = any,
  Socket = any,
> extends MessageStreams<
  ClientEvents<AuthTokenOf<Contract>>,
  ReceiversOf<Contract>,
  RequestsOf<Contract, Socket>,
  OwnEventsOf<Contract>
> {
  declare static readonly CONNECTING: StateNames['CONNECTING'];
  declare static readonly OPEN: StateNames['OPEN'];
  declare static readonly CLOSED: StateNames['CLOSED'];
  declare static readonly AUTHENTICATED: StateNames['AUTHENTICATED'];
  declare static readonly UNAUTHENTICATED: StateNames['UNAUTHENTICATED'];
  declare static readonly PENDING: StateNames['PENDING'];
  declare static readonly SUBSCRIBED: StateNames['SUBSCRIBED'];
  declare static readonly UNSUBSCRIBED: StateNames['UNSUBSCRIBED'];
  /** Close code → text, for codes that raise an `error` event. */
  static readonly errorStatuses = socketProtocolErrorStatuses;
  /** Close code → text, for codes that are no error. */
  static readonly ignoreStatuses = socketProtocolIgnoreStatuses;

  /** Names this client over all its connections: a UUID v4 unless the option gives another. */
  readonly clientId: string;

  readonly #channelStreams: ChannelStreams;
  readonly #context: SocketContext;
  readonly #parts: Parts;
  readonly #tokenStorage: AuthEngine;
  readonly #trouble: Trouble | undefined;
  #given: NamedOptions;

  /**
   * Use `create()`, which supplies the platform.
   * @throws InvalidArgumentsError for options that cannot work
   */
  constructor(given: ClientOptions, runtime: Platform) {
    const streamOptions = {
      ...development?.streamOptions,
      onCallbackError: (error: unknown) => emitError(this.#context, error),
    };
    super(streamOptions);
    this.#channelStreams = new ChannelStreams(streamOptions);
    const read = readOptions(given);
    const platform = { ...runtime, ...given.platform };
    this.clientId = given.clientId ?? platform.randomId();
    this.#tokenStorage = new TokenStorage(platform);
    this.#given = { ...read, clientId: this.clientId };
    this.#trouble = development?.watchTrouble(this, read, platform);
    this.#context = {
      platform,
      publisherName: platform.randomId(),
      showPacket: development?.createTrace(read, platform),
      options: resolveOptions(this.#given, platform, this.#tokenStorage),
      emit: (name, payload) => {
        this.announce(name, payload);
        if (development) {
          this.#trouble?.onEvent(name, payload);
        }
      },
    };
    // The parts belong to the socket, so that they may use its protected members.
    const sink = this as unknown as MessageSink;
    this.#parts = createParts(this.#context, sink, this.#channelStreams);
    if (given.protocol !== undefined) {
      // Later, so that a listener can be there.
      const error = new InvalidArgumentsError(
        development ? 'Use the secure option in place of protocol' : 'secure',
      );
      platform.setTimeout(() => emitError(this.#context, error), 0);
    }
    const { autoConnect } = this.options;
    if (autoConnect === 'browser' ? platform.location() : autoConnect) {
      this.parts.lifecycle.connect();
    }
  }

  /** @internal */
  protected override onUnheardEmit(event: string): void {
    if (development) {
      this.#trouble?.onUnheardEmit(event);
    }
  }

  /** @internal The channels of this socket work on them. */
  get channelStreams(): ChannelStreams {
    return this.#channelStreams;
  }

  /** @internal Not a field, so that sockets stay printable as JSON. */
  protected get parts(): Parts {
    return this.#parts;
  }

  /** `'closed'`, `'connecting'` or `'open'`; changed before the events that tell of it. */
  get state(): SocketState {
    return this.parts.connection.state;
  }

  /** Same as `state`. */
  getState(): SocketState {
    return this.state;
  }

  /** Id the server gave the current connection; null unless open. */
  get id(): string | null {
    return this.parts.connection.id;
  }

  /** The last connection, undefined before the first. For diagnosis: its members may change. */
  get transport(): Connection | undefined {
    return this.parts.connection.link;
  }

  /** Whether an automatic reconnect is scheduled. */
  get pendingReconnect(): boolean {
    return this.pendingReconnectTimeout !== null;
  }

  /** The whole delay chosen for the scheduled reconnect, ms (no countdown); null when none is. */
  get pendingReconnectTimeout(): number | null {
    return this.parts.lifecycle.reconnects.pendingTimeout;
  }

  /** Automatic attempts since the last open connection. */
  get connectAttempts(): number {
    return this.parts.lifecycle.reconnects.attempts;
  }

  /** Last known state; disconnecting does not change it, the next handshake may. */
  get authState(): AuthState {
    return this.parts.authentication.credentials.authState;
  }

  /** Payload of the token, not verified; null when unauthenticated. */
  get authToken(): AuthTokenOf<Contract> | null {
    // What the token holds is the application's word: the contract declares it.
    return this.parts.authentication.credentials.authToken as AuthTokenOf<Contract> | null;
  }

  /** Same as `authToken`. */
  getAuthToken(): AuthTokenOf<Contract> | null {
    return this.authToken;
  }

  /** The token itself; null when unauthenticated. */
  get signedAuthToken(): string | null {
    return this.parts.authentication.credentials.signedAuthToken;
  }

  /** Same as `signedAuthToken`. */
  getSignedAuthToken(): string | null {
    return this.signedAuthToken;
  }

  /** True from the opened connection until the pending subscriptions are processed. */
  get preparingPendingSubscriptions(): boolean {
    return this.parts.subscriptions.isPreparing;
  }

  /** Whether continuous batching was asked for; survives reconnects. */
  get isBatching(): boolean {
    return this.parts.outlet.batcher.isBatching;
  }

  /** Whether the next packet would wait for a batch. */
  get isBufferingBatch(): boolean {
    return this.parts.outlet.batcher.isBuffering;
  }

  /** Bytes that were sent and that the network has not taken yet; see the option `outboundHighWaterMark`. */
  get bufferedBytes(): number {
    return this.parts.pressure.bufferedBytes;
  }

  /** Messages and calls waiting for a connection, or for a full one to drain. */
  get unsentCount(): number {
    return this.parts.requests.unsent.size;
  }

  /** The options in force, defaults included. A copy of what the caller gave. */
  get options(): Readonly<ResolvedOptions> {
    return this.#context.options;
  }

  /** The version this client reports; see the option. */
  get version(): string {
    return this.options.version;
  }

  /** Wire protocol; see the option. */
  get protocolVersion(): 1 | 2 {
    return this.options.protocolVersion;
  }

  /** Options of the Node WebSocket; see the option. */
  get wsOptions(): object {
    return this.options.wsOptions;
  }

  /** Ms; see the option. */
  get connectTimeout(): number {
    return this.options.connectTimeout;
  }

  /** Ms; see the option. */
  get ackTimeout(): number {
    return this.options.ackTimeout;
  }

  /** Longest silence between pings, ms: the server's value once open, before it `connectTimeout`. */
  get pingTimeout(): number {
    return this.transport?.pingTimeout ?? this.options.pingTimeout;
  }

  /** Whether missing pings are ignored; see the option. */
  get pingTimeoutDisabled(): boolean {
    return this.options.pingTimeoutDisabled;
  }

  /** What precedes channel names on the wire; see the option. */
  get channelPrefix(): string | null {
    return this.options.channelPrefix;
  }

  /** Storage key of the token; see the option. */
  get authTokenName(): string {
    return this.options.authTokenName;
  }

  /** Whether the first moments of a connection are batched; see the option. */
  get batchOnHandshake(): boolean {
    return this.options.batchOnHandshake;
  }

  /** Ms; see the option. */
  get batchOnHandshakeDuration(): number {
    return this.options.batchOnHandshakeDuration;
  }

  /** The auth engine in use. */
  get auth(): AuthEngine {
    return this.options.authEngine;
  }

  /** The codec in use. */
  get codec(): Codec {
    return this.options.codecEngine;
  }

  /** URL of the next connection attempt. */
  uri(): string {
    return connectionUri(this.#context);
  }

  /** Bytes received by the current WebSocket; undefined where it does not count them. */
  getBytesReceived(): number | undefined {
    return this.transport?.socket?.bytesReceived;
  }

  /**
   * @internal Ends the connection and merges `changes` into the options.
   * @throws InvalidArgumentsError for options that cannot work; nothing has changed then
   */
  protected changeOptions(changes: ClientOptions): void {
    const given = { ...this.#given, ...readOptions(changes), clientId: this.clientId };
    const options = resolveOptions(given, this.#context.platform, this.#tokenStorage);
    if (this.state !== 'closed') {
      this.parts.lifecycle.disconnect(
        1000,
        'Socket was disconnected by the client to initiate a new connection',
      );
    }
    this.#given = given;
    this.#context.options = options;
  }
}

Object.assign(ClientSocketState, stateNames);
for (const [name, value] of Object.entries(stateNames)) {
  defineMember(ClientSocketState.prototype, name, value);
}
