import type { FilledInOptions } from '@asyngular/errors/options';
import type { Codec, LoggerOption, RuntimeContract } from '@asyngular/protocol';
import { typedJsonCodec } from '@asyngular/protocol/internal';
import type { AuthEngine } from '../auth/token-storage.js';
import type { AutoReconnectOptions } from '../connection/reconnect.js';
import type { Platform } from '../platform/platform.js';
import { version } from '../version.js';
import type { QueryObject } from './query.js';

/** Options of `create()`. Nothing a caller passes is ever changed. */
export interface ClientOptions<Contract = any> {
  /** Server's host name. Default: the page's, else `localhost`. */
  hostname?: string | undefined;
  /** Server's port. Default: the page's, else 443 or 80 by `secure`. */
  port?: number | string | undefined;
  /** Shorthand `name:port`; excludes `hostname` and `port`. */
  host?: string | undefined;
  /** TLS. Default: whether the page came by https. */
  secure?: boolean | undefined;
  /** Not supported: use `secure`. Setting it emits an `error` event. */
  protocol?: string | undefined;
  /** Node: replaces `ws`/`wss`, for instance by `ws+unix`. Default null. */
  protocolScheme?: string | null | undefined;
  /** Node: unix socket to connect to, with `protocolScheme: 'ws+unix'`. Default null. */
  socketPath?: string | null | undefined;
  /** Path of the endpoint; a trailing slash matters. Default `/asyngular/`. */
  path?: string | undefined;
  /** Query of the URL, as object or `a=1&b=2`. Default empty. */
  query?: string | QueryObject | undefined;
  /** Adds the current time to the URL of each attempt, against caches. Default false. */
  timestampRequests?: boolean | undefined;
  /** Query key of that time. Default `t`. */
  timestampParam?: string | undefined;
  /** Connect at once; `'browser'`: in pages only, not while a server renders them. Default true. */
  autoConnect?: boolean | 'browser' | undefined;
  /** Reconnect after every close except 1000 and 4500–4999. Default true. */
  autoReconnect?: boolean | undefined;
  /** Backoff of automatic reconnection. */
  autoReconnectOptions?: AutoReconnectOptions | undefined;
  /** Send pending subscriptions on connect; else `processPendingSubscriptions()` does. Default true. */
  autoSubscribeOnConnect?: boolean | undefined;
  /** Connect when `transmit`, `invoke` or a publish finds the socket closed. With false they wait in
   *  the unsent buffer for the next connection. Default true. */
  connectOnSend?: boolean | undefined;
  /** Calls wait for a connection as long as `ackTimeout` allows, as transmits do without a limit. With false they
   *  reject with `BadConnectionError` when an attempt fails. Nothing waits that no attempt follows. Default false. */
  waitForConnection?: boolean | undefined;
  /** Limit for opening the WebSocket (close 4007), ms; until the handshake also the ping limit.
   *  Default 20,000, at most 2³¹−1. */
  connectTimeout?: number | undefined;
  /** Limit for answers to `invoke`, counted from the call, and for the handshake (close 4003), ms.
   *  Default 10,000, at most 2³¹−1. */
  ackTimeout?: number | undefined;
  /** What client and server say to each other, made by `contract()` of `@asyngular/contract`: types the socket. A page
   *  that only wants the types has no need of it: `create<ClientApi<typeof chat>>()`. Default none. */
  contract?: RuntimeContract<Contract, any> | undefined;
  /** `'outgoing'`: messages, calls and publications that do not fit the `contract` are refused here, with the error that
   *  the server would answer. Default: only the server checks. */
  validate?: 'outgoing' | undefined;
  /** Never close for missing pings. Default false. */
  pingTimeoutDisabled?: boolean | undefined;
  /** Checked but not used: the server announces the limit with each handshake. */
  pingTimeout?: number | undefined;
  /** 1 speaks the legacy heartbeat of SocketCluster 14. Default 2. */
  protocolVersion?: 1 | 2 | undefined;
  /** Put before every channel name on the wire and removed on receipt. Default null. */
  channelPrefix?: string | null | undefined;
  /** Keeps the signed token. Default: `localStorage`, else memory. */
  authEngine?: AuthEngine | null | undefined;
  /** Storage key of the token. Default `asyngular.authToken`; name one per server if a page uses several. */
  authTokenName?: string | undefined;
  /** Follow tokens that other tabs of this origin store or remove. Default false. */
  syncAuthTokens?: boolean | undefined;
  /**
   * Turns packets into messages; both ends must agree. Default: JSON, in which dates, bytes, maps, sets and big integers
   * survive if the server knows of that. `createJsonCodec()` never has them.
   */
  codecEngine?: Codec | null | undefined;
  /** `binaryType` of the WebSocket. Default `arraybuffer`. */
  binaryType?: string | undefined;
  /** Deep-clone payloads at the call, so that later changes do not travel. Default false. */
  cloneData?: boolean | undefined;
  /** Options of the Node WebSocket (`ws`), such as TLS; ignored in browsers. */
  wsOptions?: object | undefined;
  /** Shorthand for `wsOptions.rejectUnauthorized`. */
  rejectUnauthorized?: boolean | undefined;
  /** Batch what is sent in the first moments of a connection. Default false. */
  batchOnHandshake?: boolean | undefined;
  /** How long, ms. Default 100. */
  batchOnHandshakeDuration?: number | undefined;
  /** Period of continuous batching, ms. Default 50. */
  batchInterval?: number | undefined;
  /** Browsers: disconnect when the page is left for the back-forward cache (`pagehide`), with 1000; when it returns it
   *  reconnects. A page that ends, by a reload for instance, is disconnected by the browser, with 1001. Default true. */
  disconnectOnUnload?: boolean | undefined;
  /** Check the connection at once when the device comes online, the page becomes visible or the
   *  machine resumes from sleep; a pending reconnect then happens immediately. Default true. */
  probeOnWakeUp?: boolean | undefined;
  /** Bytes that may wait in the WebSocket, sent and not yet taken by the network. Above, the `backpressure` event
   *  comes; at half of it, `drain`. Without an effect where WebSockets do not count them, as in React Native.
   *  Default 1,048,576. */
  outboundHighWaterMark?: number | undefined;
  /** Above so many bytes, until `drain`, what is sent waits as it does without a connection: see
   *  `maxUnsentMessages`. `send()` throws `QueueFullError`. Default 16,777,216. */
  outboundLimit?: number | undefined;
  /** Messages kept while there is no connection, or one above `outboundLimit`. At the limit `invoke` rejects with
   *  `QueueFullError` and transmits raise `transmitDropped`; what is queued stays. Default 10,000. */
  maxUnsentMessages?: number | undefined;
  /** Calls sent and not yet answered; at the limit `invoke` rejects with `QueueFullError`.
   *  Default 10,000. */
  maxCallsInFlight?: number | undefined;
  /** Calls of the server that wait for the application's answer; the next one is answered with
   *  `InvalidActionError`. Default 10,000. */
  maxInboundCallsInFlight?: number | undefined;
  /** Calls at a time, each way, that have a stream or a body. At the limit `invoke` and the loop of `stream` reject with
   *  `QueueFullError`, and the server's call is answered with `InvalidActionError`. Default 100. */
  maxStreams?: number | undefined;
  /** Items of a stream or a body that are sent ahead of what is consumed, whatever the server asks for. Default 1,000. */
  maxStreamCredit?: number | undefined;
  /** Items of a stream that may wait to be read; the server stops there. Default 128. */
  streamHighWaterMark?: number | undefined;
  /** Bytes of items that are sent ahead of what is consumed; one item may exceed it. Default 1,048,576. */
  streamHighWaterMarkBytes?: number | undefined;
  /** How long the server may ask for nothing of a stream or a body, ms; then it ends. Default 300,000. */
  streamIdleTimeout?: number | undefined;
  /** Accepted for compatibility; unused. */
  subscriptionRetryOptions?: object | undefined;
  /** Supplies call ids: unique positive integers. Default: a counter from 1. */
  callIdGenerator?: (() => number) | undefined;
  /** Names this client over all its connections. Default: a new UUID v4. */
  clientId?: string | undefined;
  /** Reported version of the client. Default: this package's. */
  version?: string | undefined;
  /** Where warnings go that no listener of yours has heard: failed connections, refused subscriptions, dropped
   *  transmits; one of a kind a minute. Also the trace of packets that `DEBUG=asyngular:*` (Node) and
   *  `localStorage.debug` (pages) ask for. `false` or `'silent'`: nowhere. Without an effect in builds for
   *  production. Read in `create()` only. Default: `console`. */
  logger?: LoggerOption | undefined;
  /** Replaces parts of the surroundings: WebSocket, clock, randomness, storage. */
  platform?: Partial<Platform> | undefined;
}

type OptionalName =
  | 'protocolScheme'
  | 'socketPath'
  | 'protocol'
  | 'rejectUnauthorized'
  | 'callIdGenerator'
  | 'subscriptionRetryOptions'
  | 'logger'
  | 'contract'
  | 'validate'
  | 'platform';

/** Options with every default filled in; `hostname` and `port` say what `host` did. */
export interface ResolvedOptions
  extends FilledInOptions<Omit<ClientOptions, OptionalName | 'host'>>,
    Pick<ClientOptions, OptionalName> {
  query: QueryObject;
  autoReconnectOptions: FilledInOptions<AutoReconnectOptions>;
  authEngine: AuthEngine;
  codecEngine: Codec;
}

/** What options are that the caller did not give; the page and the platform say the others. */
export const defaults = {
  protocolScheme: null,
  socketPath: null,
  path: '/asyngular/',
  timestampRequests: false,
  timestampParam: 't',
  autoConnect: true,
  autoReconnect: true,
  autoSubscribeOnConnect: true,
  connectOnSend: true,
  waitForConnection: false,
  connectTimeout: 20_000,
  ackTimeout: 10_000,
  pingTimeoutDisabled: false,
  protocolVersion: 2,
  channelPrefix: null,
  authTokenName: 'asyngular.authToken',
  syncAuthTokens: false,
  codecEngine: typedJsonCodec,
  binaryType: 'arraybuffer',
  cloneData: false,
  batchOnHandshake: false,
  batchOnHandshakeDuration: 100,
  batchInterval: 50,
  disconnectOnUnload: true,
  probeOnWakeUp: true,
  outboundHighWaterMark: 1_048_576,
  outboundLimit: 16_777_216,
  maxUnsentMessages: 10_000,
  maxCallsInFlight: 10_000,
  maxInboundCallsInFlight: 10_000,
  maxStreams: 100,
  maxStreamCredit: 1_000,
  streamHighWaterMark: 128,
  streamHighWaterMarkBytes: 1_048_576,
  streamIdleTimeout: 300_000,
  wsOptions: {},
  version,
} satisfies ClientOptions;
