import type { ChannelStreams } from '@asyngular/channels/internal';
import {
  type AppContract,
  type Codec,
  InvalidArgumentsError,
  socketProtocolErrorStatuses,
  socketProtocolIgnoreStatuses,
} from '@asyngular/protocol';
import type { AuthTokenOf } from '@asyngular/protocol/internal';
import { MessageStreams } from '@asyngular/streams/internal';
import type { Connection } from './connection.js';
import { type Core, emitError } from './core.js';
import { createCore } from './create-core.js';
import type { AuthState, ClientEvents, SocketState } from './events.js';
import {
  type ClientOptions,
  mergeOptions,
  type ResolvedOptions,
  resolveOptions,
} from './options.js';
import type { Platform } from './platform/platform.js';
import { type AuthEngine, TokenStorage } from './token-storage.js';
import type { ReceiversOf, RequestsOf } from './types.js';
import { connectionUri } from './uri.js';

/** Names of states, on the class and its instances. */
const states = {
  CONNECTING: 'connecting',
  OPEN: 'open',
  CLOSED: 'closed',
  AUTHENTICATED: 'authenticated',
  UNAUTHENTICATED: 'unauthenticated',
  PENDING: 'pending',
  SUBSCRIBED: 'subscribed',
  UNSUBSCRIBED: 'unsubscribed',
} as const;

/** The names of states, and the options that can be read from the socket itself. */
export interface ClientSocketState<Contract extends AppContract = any, Socket = any>
  extends Readonly<typeof states> {
  /** The version this client reports; see the option. */
  readonly version: string;

  /** Wire protocol; see the option. */
  readonly protocolVersion: 1 | 2;

  /** Options of the Node WebSocket; see the option. */
  readonly wsOptions: object;

  /** Ms; see the option. */
  readonly connectTimeout: number;

  /** Ms; see the option. */
  readonly ackTimeout: number;

  /** Whether missing pings are ignored; see the option. */
  readonly pingTimeoutDisabled: boolean;

  /** What precedes channel names on the wire; see the option. */
  readonly channelPrefix: string | null;

  /** Storage key of the token; see the option. */
  readonly authTokenName: string;

  /** Whether the first moments of a connection are batched; see the option. */
  readonly batchOnHandshake: boolean;

  /** Ms; see the option. */
  readonly batchOnHandshakeDuration: number;
}

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
  RequestsOf<Contract, Socket>
> {
  declare static readonly CONNECTING: 'connecting';
  declare static readonly OPEN: 'open';
  declare static readonly CLOSED: 'closed';
  declare static readonly AUTHENTICATED: 'authenticated';
  declare static readonly UNAUTHENTICATED: 'unauthenticated';
  declare static readonly PENDING: 'pending';
  declare static readonly SUBSCRIBED: 'subscribed';
  declare static readonly UNSUBSCRIBED: 'unsubscribed';
  /** Close code → text, for codes that raise an `error` event. */
  static readonly errorStatuses = socketProtocolErrorStatuses;
  /** Close code → text, for codes that are no error. */
  static readonly ignoreStatuses = socketProtocolIgnoreStatuses;

  /** @internal */
  readonly channelStreams: ChannelStreams;
  /** Names this client over all its connections: a UUID v4 unless the option gives another. */
  readonly clientId: string;

  readonly #platform: Platform;
  readonly #core: Core;
  #given: ClientOptions;
  #stopWatchingStorage: (() => void) | undefined;

  /**
   * Use `create()`, which supplies the platform.
   * @throws InvalidArgumentsError for options that cannot work
   */
  constructor(options: ClientOptions, platform: Platform) {
    super();
    this.#platform = { ...platform, ...options.platform };
    this.#given = { ...options };
    this.#core = createCore(
      {
        socket: this,
        emit: (name, payload) => this.emit(name, payload as any),
        toReceiver: (name, data) => this.writeToReceiver(name, data),
        toProcedure: (name, request) => this.writeToProcedure(name, request),
      },
      this.#platform,
      new TokenStorage(this.#platform),
      resolveOptions(options, this.#platform),
    );
    this.channelStreams = this.core.channelStreams;
    this.clientId = this.options.clientId;
    this.#onOptions();
    if (options.protocol !== undefined) {
      // Later, so that a listener can be there.
      const error = new InvalidArgumentsError(
        `The protocol option is not supported; it was ${JSON.stringify(options.protocol)}; use the secure option`,
      );
      this.#platform.setTimeout(() => emitError(this.core, error), 0);
    }
    if (this.options.autoConnect) {
      this.core.lifecycle.connect();
    }
  }

  /** @internal Not a field: sockets stay printable as JSON. */
  protected get core(): Core {
    return this.#core;
  }

  /** Id the server gave the current connection; null unless open. */
  get id(): string | null {
    return this.core.connectionId;
  }

  /** `'closed'`, `'connecting'` or `'open'`; changed before the events that tell of it. */
  get state(): SocketState {
    return this.core.stage;
  }

  /** Same as `state`. */
  getState(): SocketState {
    return this.state;
  }

  /** Whether an automatic reconnect is scheduled. */
  get pendingReconnect(): boolean {
    return this.core.reconnectDelayMs !== null;
  }

  /** The whole delay chosen for the scheduled reconnect, ms (no countdown); null when none is. */
  get pendingReconnectTimeout(): number | null {
    return this.core.reconnectDelayMs;
  }

  /** Automatic attempts since the last open connection. */
  get connectAttempts(): number {
    return this.core.attempts;
  }

  /** Last known state; disconnecting does not change it, the next handshake may. */
  get authState(): AuthState {
    return this.core.authStatus;
  }

  /** Payload of the token, not verified; null when unauthenticated. */
  get authToken(): AuthTokenOf<Contract> | null {
    return this.core.tokenPayload;
  }

  /** The token itself; null when unauthenticated. */
  get signedAuthToken(): string | null {
    return this.core.signedToken;
  }

  /** Same as `authToken`. */
  getAuthToken(): AuthTokenOf<Contract> | null {
    return this.authToken;
  }

  /** Same as `signedAuthToken`. */
  getSignedAuthToken(): string | null {
    return this.signedAuthToken;
  }

  /** The options in force, defaults included. A copy of what the caller gave. */
  get options(): Readonly<ResolvedOptions> {
    return this.core.options;
  }

  /** Longest silence between pings, ms: the server's value once open, before it `connectTimeout`. */
  get pingTimeout(): number {
    return this.transport?.pingTimeout ?? this.options.connectTimeout;
  }

  /** The auth engine in use. */
  get auth(): AuthEngine {
    return this.options.authEngine ?? this.core.tokenStorage;
  }

  /** The codec in use. */
  get codec(): Codec {
    return this.options.codecEngine;
  }

  /** The last connection, undefined before the first. For diagnosis: its members may change. */
  get transport(): Connection | undefined {
    return this.core.uplink;
  }

  /** Whether continuous batching was asked for; survives reconnects. */
  get isBatching(): boolean {
    return this.core.outlet.batcher.isBatching;
  }

  /** Whether the next packet would wait for a batch. */
  get isBufferingBatch(): boolean {
    return this.core.outlet.batcher.isBuffering;
  }

  /** True from the opened connection until the pending subscriptions are processed. */
  get preparingPendingSubscriptions(): boolean {
    return this.core.isPreparing;
  }

  /** Messages and calls waiting for a connection. */
  get unsentCount(): number {
    return this.core.requests.unsent.size;
  }

  /** URL of the next connection attempt. */
  uri(): string {
    return connectionUri(this.options, Date.now());
  }

  /** Bytes received by the current WebSocket; undefined where it does not count them. */
  getBytesReceived(): number | undefined {
    return this.transport?.socket?.bytesReceived;
  }

  /**
   * @internal Checks `changes` against the present options and returns what puts them into force.
   * @throws InvalidArgumentsError
   */
  protected prepareOptions(changes: ClientOptions): () => void {
    const given = mergeOptions(this.#given, changes);
    const resolved = resolveOptions({ ...given, clientId: this.clientId }, this.#platform);
    return () => {
      this.#given = given;
      this.core.options = resolved;
      this.#onOptions();
    };
  }

  /** @internal Other tabs' tokens no longer matter. */
  protected stopWatchingStorage(): void {
    this.#stopWatchingStorage?.();
    this.#stopWatchingStorage = undefined;
  }

  /** Options that are not read at each use take effect here. */
  #onOptions(): void {
    this.stopWatchingStorage();
    this.#stopWatchingStorage = this.options.syncAuthTokens
      ? this.#platform.watchStorage((key, value) => {
          // A null key means that the whole storage was cleared.
          if (key === this.authTokenName || key === null) {
            this.core.authentication.onStoredTokenChange(value);
          }
        })
      : undefined;
  }
}

Object.assign(ClientSocketState, states);
Object.assign(ClientSocketState.prototype, states);

for (const name of [
  'version',
  'protocolVersion',
  'wsOptions',
  'connectTimeout',
  'ackTimeout',
  'pingTimeoutDisabled',
  'channelPrefix',
  'authTokenName',
  'batchOnHandshake',
  'batchOnHandshakeDuration',
] as const) {
  Object.defineProperty(ClientSocketState.prototype, name, {
    get(this: ClientSocketState) {
      return this.options[name];
    },
  });
}
