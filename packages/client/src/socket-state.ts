import { ChannelStreams } from '@asyngular/channels/internal';
import {
  type AppContract,
  type Codec,
  InvalidArgumentsError,
  socketProtocolErrorStatuses,
  socketProtocolIgnoreStatuses,
} from '@asyngular/protocol';
import type { AuthTokenOf } from '@asyngular/protocol/internal';
import { MessageStreams } from '@asyngular/streams/internal';
import { type AuthEngine, TokenStorage } from './auth/token-storage.js';
import type { Connection } from './connection/link.js';
import { connectionUri } from './connection/uri.js';
import { type Core, emitError, type Owner } from './core.js';
import { createCore, initialStatus } from './create-core.js';
import type { AuthState, ClientEvents, SocketState } from './events.js';
import {
  type ClientOptions,
  defaults,
  type ResolvedOptions,
  resolveOptions,
  splitHost,
} from './options/options.js';
import type { Platform } from './platform/platform.js';
import type { ReceiversOf, RequestsOf } from './types.js';

/** Names of states, which are constants of the class and its instances: `OPEN` is `'open'`. */
const states = [
  'connecting',
  'open',
  'closed',
  'authenticated',
  'unauthenticated',
  'pending',
  'subscribed',
  'unsubscribed',
] as const;

type State = (typeof states)[number];
type StateConstants = { readonly [Name in State as Uppercase<Name>]: Name };

/** The names of states, and the options and status that can be read from the socket itself. */
export interface ClientSocketState<Contract extends AppContract = any, Socket = any>
  extends StateConstants {
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

  /** Id the server gave the current connection; null unless open. */
  readonly id: string | null;

  /** `'closed'`, `'connecting'` or `'open'`; changed before the events that tell of it. */
  readonly state: SocketState;

  /** The whole delay chosen for the scheduled reconnect, ms (no countdown); null when none is. */
  readonly pendingReconnectTimeout: number | null;

  /** Automatic attempts since the last open connection. */
  readonly connectAttempts: number;

  /** Last known state; disconnecting does not change it, the next handshake may. */
  readonly authState: AuthState;

  /** Payload of the token, not verified; null when unauthenticated. */
  readonly authToken: AuthTokenOf<Contract> | null;

  /** The token itself; null when unauthenticated. */
  readonly signedAuthToken: string | null;

  /** The last connection, undefined before the first. For diagnosis: its members may change. */
  readonly transport: Connection | undefined;

  /** True from the opened connection until the pending subscriptions are processed. */
  readonly preparingPendingSubscriptions: boolean;
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
  readonly channelStreams = new ChannelStreams();
  /** Names this client over all its connections: a UUID v4 unless the option gives another. */
  readonly clientId: string;

  readonly #core: Core;
  readonly #tokenStorage: AuthEngine;
  #given: ClientOptions = {};

  /**
   * Use `create()`, which supplies the platform.
   * @throws InvalidArgumentsError for options that cannot work
   */
  constructor(options: ClientOptions, runtime: Platform) {
    super();
    const platform = { ...runtime, ...options.platform };
    this.clientId = options.clientId ?? platform.randomId();
    this.#tokenStorage = new TokenStorage(platform);
    this.#core = createCore(this as unknown as Owner, platform);
    this.changeOptions(options);
    if (options.protocol !== undefined) {
      // Later, so that a listener can be there.
      const error = new InvalidArgumentsError('Use the secure option in place of protocol');
      platform.setTimeout(() => emitError(this.core, error), 0);
    }
    if (this.options.autoConnect) {
      this.core.lifecycle.connect();
    }
  }

  /** @internal Not a field: sockets stay printable as JSON. */
  protected get core(): Core {
    return this.#core;
  }

  /** Same as `state`. */
  getState(): SocketState {
    return this.state;
  }

  /** Whether an automatic reconnect is scheduled. */
  get pendingReconnect(): boolean {
    return this.core.pendingReconnectTimeout !== null;
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
    return this.transport?.pingTimeout ?? this.options.pingTimeout;
  }

  /** The auth engine in use. */
  get auth(): AuthEngine {
    return this.options.authEngine;
  }

  /** The codec in use. */
  get codec(): Codec {
    return this.options.codecEngine;
  }

  /** Whether continuous batching was asked for; survives reconnects. */
  get isBatching(): boolean {
    return this.core.outlet.batcher.isBatching;
  }

  /** Whether the next packet would wait for a batch. */
  get isBufferingBatch(): boolean {
    return this.core.outlet.batcher.isBuffering;
  }

  /** Messages and calls waiting for a connection. */
  get unsentCount(): number {
    return this.core.requests.unsent.size;
  }

  /** URL of the next connection attempt. */
  uri(): string {
    return connectionUri(this.core.platform, this.options);
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
    const { core, clientId } = this;
    const given = { ...this.#given, ...splitHost(changes), clientId };
    const options = resolveOptions(given, core.platform, this.#tokenStorage);
    if (core.state !== 'closed') {
      core.lifecycle.disconnect(
        1000,
        'Socket was disconnected by the client to initiate a new connection',
      );
    }
    this.#given = given;
    core.options = options;
  }
}

for (const state of states) {
  const constant = { [state.toUpperCase()]: state };
  Object.assign(ClientSocketState, constant);
  Object.assign(ClientSocketState.prototype, constant);
}

for (const name of Object.keys({ ...initialStatus, ...defaults })) {
  Object.defineProperty(ClientSocketState.prototype, name, {
    get(this: { core: any }) {
      const { core } = this;
      return name in core ? core[name] : core.options[name];
    },
  });
}
