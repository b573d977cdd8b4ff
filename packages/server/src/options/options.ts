import { randomBytes } from 'node:crypto';
import type { Server as HttpServer } from 'node:http';
import { type Broker, memoryBroker } from '@asyngular/broker';
import { checkOptions, type FilledInOptions } from '@asyngular/errors/options';
import type { Codec, LoggerOption, RuntimeContract } from '@asyngular/protocol';
import type { AuthEngineOption, JwtAlgorithm } from '../auth/auth-engine.js';
import type { EngineChoice } from '../engine/create-engine.js';
import type { HealthHandlerOptions } from '../health/health.js';
import type { MetricsOptions } from '../metrics/metrics-options.js';
import type { AGServerSocket } from '../socket/server-socket.js';
import { type ChannelsOption, type ResolvedPattern, resolveChannels } from './channel-options.js';
import { limitTable } from './limit-checks.js';
import { checkServerOptions } from './option-checks.js';
import { defaultBudgetBytes, type LimitOptions, limitDefaults } from './options-limits.js';
import { withOwnLists } from './reload-options.js';
import { withUserChannel } from './user-channel-pattern.js';
import { workerDefaults } from './worker-defaults.js';

/** Every option of `listen()`, `attach()` and `new AGServer()`. All are optional; times are in ms. */
export interface AGServerOptions<Api = any> extends LimitOptions {
  /** HTTP server whose upgrades are handled; set by `attach()` and `listen()`. */
  httpServer?: HttpServer | undefined;
  /** Exact path of the WebSocket URL. Default `/asyngular/`; the trailing slash counts. */
  path?: string | undefined;
  /**
   * Heartbeat of the clients: 2 (empty frames) or 1 (`#1`/`#2`). Default: both, each socket keeps the
   * one it answers, so old and new clients share a port.
   */
  protocolVersion?: 1 | 2 | undefined;
  /** How long `socket.invoke()` waits for its answer. Default 10,000. */
  ackTimeout?: number | undefined;
  /** Close 4009 when anything arrives before `#handshake`. Default `true`. */
  strictHandshake?: boolean | undefined;
  /** Time between pings. Default 8,000. */
  pingInterval?: number | undefined;
  /** Close 4001 after this long without a sign of life; told to clients. Default 20,000. */
  pingTimeout?: number | undefined;
  /** No pings and no 4001; clients learn a timeout of 2^31−1 ms. Default `false`. */
  pingTimeoutDisabled?: boolean | undefined;
  /** Whether clients may publish. Default `true`. */
  allowClientPublish?: boolean | undefined;
  /** Secret that signs and verifies tokens. Default: random per process, announced by a `warning`. */
  authKey?: string | Buffer | undefined;
  /**
   * Secrets, the newest first, instead of `authKey`: the first one signs, each of them verifies. Put a new one in front
   * to change keys without logging anybody out. Beside a key pair: older public keys that still verify. All must be of
   * one kind. Default: `authKey` alone.
   */
  authKeys?: readonly (string | Buffer)[] | undefined;
  /** PEM key that signs tokens; needs `authPublicKey`. */
  authPrivateKey?: string | Buffer | undefined;
  /** PEM key that verifies tokens; needs `authPrivateKey` (or use `authJwksUrl`). */
  authPublicKey?: string | Buffer | undefined;
  /** JWKS endpoint whose keys verify tokens; cached and rotated. Tokens are then signed elsewhere. */
  authJwksUrl?: string | URL | undefined;
  /** Algorithm tokens are signed with and the only one accepted. Default by key type, HS256 for secrets. */
  authAlgorithm?: JwtAlgorithm | undefined;
  /** Algorithms accepted on verification, instead of `authAlgorithm` alone. Must fit the key type. */
  authVerifyAlgorithms?: readonly JwtAlgorithm[] | undefined;
  /** Lifetime of tokens in seconds, unless `exp` or `expiresIn` is given. Default 86,400. */
  authDefaultExpiry?: number | undefined;
  /** Replaces JSON Web Tokens. One with `verifyToken()` or `signToken()` alone replaces that half. */
  authEngine?: AuthEngineOption | undefined;
  /**
   * Turns packets into messages and back. Default: JSON, in which dates, bytes, maps, sets and big integers survive for
   * clients that know of that. One with an `extension` is spoken with the clients that name it, and JSON with the others;
   * any other one, such as `createJsonCodec()`, clients must use, too.
   */
  codecEngine?: Codec | undefined;
  /** Carries publications between server processes. Default `memoryBroker()`: this process alone; in workers of
   * `@asyngular/workers` a broker of their machine. */
  broker?: Broker | undefined;
  /**
   * What clients and server say to each other, made by `contract()` of `@asyngular/contract`: everything that arrives or
   * leaves is checked by its schemas, and the server's types follow from it. Default: nothing is checked.
   */
  contract?: RuntimeContract<any, Api> | undefined;
  /**
   * What the server keeps of channels, and what it does about slow sockets, by channel pattern:
   * `{ 'room:*': { history: { size: 200 }, rewind: 50, presence: true } }`. The longest pattern that fits wins. Default:
   * no channel has history or presence.
   */
  channels?: ChannelsOption | undefined;
  /**
   * How long the `id` of a publication on a channel with history is remembered, in ms: a second one with it is not
   * published. Default 120,000.
   */
  idempotencyWindow?: number | undefined;
  /**
   * How long a member of a channel stays after its last connection was lost, in ms: if it is back by then, nobody notices.
   * `0` = it leaves at once. Default 5,000.
   */
  presenceGrace?: number | undefined;
  /**
   * How long changes of who is in a channel are collected before they are sent to other servers, in ms, at least 10.
   * Those who watch get theirs at most every half of it. The first change of a quiet channel is sent at once. Default 100.
   */
  presenceInterval?: number | undefined;
  /**
   * How often servers compare what they know of each other's members, in ms, at least 100, and repair what was missed
   * unnoticed. Default 10,000.
   */
  presenceRepair?: number | undefined;
  /**
   * After how long without a sign of life another server counts as down, in ms, from 300 to 60,000; its members then leave
   * after `presenceGrace`. Servers give three signs in that time, so all of them should have the same. Default 4,500.
   */
  serverTimeout?: number | undefined;
  /**
   * How long a channel stays subscribed at the broker after its last local subscriber left, so that a
   * client that comes back causes no work there. `0` = give it back at once. Default 1,000.
   */
  brokerUnsubscribeDelay?: number | undefined;
  /**
   * The longest that `close()` may take, whatever the broker does. It gets half of the time for what
   * waits to be published. Default 10,000.
   */
  closeTimeout?: number | undefined;
  /** `listen()` only: also answer `/healthz` and `/readyz`, see `healthHandler()`. Default `false`. */
  health?: boolean | HealthHandlerOptions | undefined;
  /**
   * Shows the server's metrics as OpenMetrics text on a port of its own, `/metrics` of `127.0.0.1` unless it says
   * otherwise: `{ port: 9464 }`. Default: nowhere.
   */
  metrics?: MetricsOptions | undefined;
  /**
   * `'ws'`, a `ws`-compatible module (an object with `Server`), or an engine of your own, such as
   * `uwsEngine()`. One that listens itself is for `listen()`; with an HTTP server it throws.
   */
  wsEngine?: EngineChoice | undefined;
  /** Passed to the engine as they are, except those that are options here, too. Default `{}`. */
  wsEngineServerOptions?: Record<string, unknown> | undefined;
  /** Compression, as the engine defines it. Default off. */
  perMessageDeflate?: boolean | object | undefined;
  /** Chooses a sub-protocol, as the engine defines it. */
  handleProtocols?: ((protocols: Set<string>, request: any) => string | false) | undefined;
  /**
   * Where warnings and errors go that no code listens to, one line each and of a kind one a minute, and the
   * packets that `DEBUG=asyngular:*` shows. `console` and the loggers of pino and winston fit; `false` and
   * `'silent'` turn it off. Default: stderr.
   */
  logger?: LoggerOption | undefined;
  /**
   * Answer a call for which there is neither a handler nor a loop with `NoHandlerError`. Default `true`; with
   * `false` such a call ends with its caller's timeout.
   */
  answerUnhandled?: boolean | undefined;
  /**
   * What a caller gets of an error that a handler throws and that was not made to be sent (no `PublicError`).
   * `false` (default): an `InternalServerError` with the id of the `warning`; `true`: the error itself; a
   * function: what it returns. Errors given to `request.error()` and `action.block()` are sent in any case.
   */
  exposeErrors?: boolean | ((error: unknown) => unknown) | undefined;
  /**
   * Whose connection a socket is, by anything that the server itself knows of it:
   * `(socket) => socket.authToken?.sub`. A text of 1 to 256 characters, or nothing. Asked when the handshake is complete,
   * before `connection`, and after each change of the token; what it returns is `socket.userId`. One that throws, or
   * returns something else, is an `error` of the socket, which then belongs to nobody. Default: nobody has one.
   */
  userId?: ((socket: AGServerSocket) => string | null | undefined) | undefined;
  /**
   * Listen to the other servers of the broker, so that `server.fleet` and `server.user()` reach the sockets of all of
   * them. To be the same on all servers: those without it are not known to the others. Default: whether there is a
   * `userId`.
   */
  fleet?: boolean | undefined;
  /** Emit the errors of blocked actions (`error`, `warning`). Default `true`. */
  middlewareEmitFailures?: boolean | undefined;
  /** Send packets in batches right after a handshake. Default `false`. */
  batchOnHandshake?: boolean | undefined;
  /** For how long. Default 400. */
  batchOnHandshakeDuration?: number | undefined;
  /** Time between batches. Default 50. */
  batchInterval?: number | undefined;
  /** What happens to a socket's streams after it closed. Default `'kill'`. */
  socketStreamCleanupMode?: 'kill' | 'close' | 'none' | undefined;
  /** Deep-clone outbound data when a call is made, so that later changes do not travel. Default `false`. */
  cloneData?: boolean | undefined;
  /** Creates the request objects of procedures. Default `new AGRequest(…)`. */
  requestCreator?:
    | ((socket: AGServerSocket, id: number, procedure: string, data: unknown) => unknown)
    | undefined;
}

/** Options without a default: they stay absent unless they are given. */
type OptionWithoutDefault =
  | 'httpServer'
  | 'protocolVersion'
  | 'authKeys'
  | 'authPrivateKey'
  | 'authPublicKey'
  | 'authJwksUrl'
  | 'authAlgorithm'
  | 'authVerifyAlgorithms'
  | 'authEngine'
  | 'codecEngine'
  | 'contract'
  | 'metrics'
  | 'logger'
  | 'perMessageDeflate'
  | 'handleProtocols'
  | 'requestCreator'
  | 'userId'
  | 'rateLimits'
  | 'addressRateLimits'
  | 'clientAddress';

/** Options with every default filled in. */
export type ResolvedOptions = FilledInOptions<Omit<AGServerOptions, OptionWithoutDefault>> &
  AGServerOptions & {
    /** The option `channels` with its defaults. */
    channelPatterns: ReadonlyMap<string, ResolvedPattern>;
    /** No `authKey` was given; tokens of this process mean nothing to any other. */
    authKeyIsRandom: boolean;
    /** The broker of published servers, which is ignored. */
    brokerEngine?: unknown;
  };

const defaultOptions = {
  path: '/asyngular/',
  ackTimeout: 10_000,
  strictHandshake: true,
  pingInterval: 8_000,
  pingTimeout: 20_000,
  pingTimeoutDisabled: false,
  allowClientPublish: true,
  channels: {},
  idempotencyWindow: 120_000,
  presenceGrace: 5_000,
  presenceInterval: 100,
  presenceRepair: 10_000,
  serverTimeout: 4_500,
  brokerUnsubscribeDelay: 1_000,
  closeTimeout: 10_000,
  health: false,
  authDefaultExpiry: 86_400,
  wsEngine: 'ws',
  wsEngineServerOptions: {},
  answerUnhandled: true,
  exposeErrors: false,
  middlewareEmitFailures: true,
  batchOnHandshake: false,
  batchOnHandshakeDuration: 400,
  batchInterval: 50,
  socketStreamCleanupMode: 'kill',
  cloneData: false,
  ...limitDefaults,
} as const satisfies AGServerOptions;

/**
 * Defaults under the caller's options, in a new object: the caller's is never written to.
 * Throws `InvalidOptionsError` naming the option and what it should be.
 */
export function resolveOptions(options?: AGServerOptions): ResolvedOptions {
  const given = withOwnLists(checkServerOptions(options));
  // What the engine would be told anyway must not lose against a default of ours.
  const { maxPayload, maxFragments } = given.wsEngineServerOptions ?? {};
  const engineLimits = checkOptions<LimitOptions>(
    limitTable,
    { maxPayload, maxFragments },
    'wsEngineServerOptions',
  );
  const ofWorkers = workerDefaults();
  const patterns = resolveChannels(given.channels, given.overflowPolicy);
  return {
    ...defaultOptions,
    ...engineLimits,
    ...given,
    authKey: given.authKey ?? ofWorkers?.authKey ?? randomBytes(32).toString('hex'),
    authKeyIsRandom:
      given.authKey === undefined &&
      given.authKeys === undefined &&
      given.authPrivateKey === undefined &&
      given.authJwksUrl === undefined &&
      !given.authEngine?.verifyToken,
    fleet: given.fleet ?? given.userId !== undefined,
    channelPatterns: given.userId ? withUserChannel(patterns) : patterns,
    broker:
      given.broker ?? ofWorkers?.createBroker(given.path ?? defaultOptions.path) ?? memoryBroker(),
    wsEngineServerOptions: { ...given.wsEngineServerOptions },
    maxBufferedBytesTotal: given.maxBufferedBytesTotal ?? defaultBudgetBytes(),
    maxBacklogBytesTotal: given.maxBacklogBytesTotal ?? defaultBudgetBytes(),
  };
}
