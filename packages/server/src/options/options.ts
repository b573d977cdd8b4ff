import { randomBytes } from 'node:crypto';
import type { Server as HttpServer } from 'node:http';
import { type Broker, memoryBroker } from '@asyngular/broker';
import { type Codec, InvalidOptionsError } from '@asyngular/protocol';
import {
  type AuthEngineOption,
  isAuthEngineOption,
  type JwtAlgorithm,
} from '../auth/auth-engine.js';
import { type EngineChoice, listensItself } from '../engine/create-engine.js';
import type { HealthHandlerOptions } from '../server/health.js';
import type { AGServerSocket } from '../socket/server-socket.js';
import {
  checkLimitOptions,
  defaultBudgetBytes,
  isTimeout,
  type LimitOptions,
  limitDefaults,
  MAX_TIMEOUT_MS,
} from './options-limits.js';

/** Every option of `listen()`, `attach()` and `new AGServer()`. All are optional; times are in ms. */
export interface AGServerOptions extends LimitOptions {
  /** HTTP server whose upgrades are handled; set by `attach()` and `listen()`. */
  httpServer?: HttpServer | undefined;
  /** Exact path of the WebSocket URL. Default `/asyngular/`; the trailing slash counts. */
  path?: string;
  /**
   * Heartbeat of the clients: 2 (empty frames) or 1 (`#1`/`#2`). Default: both, each socket keeps the
   * one it answers, so old and new clients share a port.
   */
  protocolVersion?: 1 | 2;
  /** How long `socket.invoke()` waits for its answer. Default 10,000. */
  ackTimeout?: number;
  /** Close 4009 when anything arrives before `#handshake`. Default `true`. */
  strictHandshake?: boolean;
  /** Time between pings. Default 8,000. */
  pingInterval?: number;
  /** Close 4001 after this long without a sign of life; told to clients. Default 20,000. */
  pingTimeout?: number;
  /** No pings and no 4001; clients are told a timeout of 2^31−1 ms. Default `false`. */
  pingTimeoutDisabled?: boolean;
  /** Whether clients may publish. Default `true`. */
  allowClientPublish?: boolean;
  /** Secret that signs and verifies tokens. Default: random per process, announced by a `warning`. */
  authKey?: string | Buffer;
  /** PEM key that signs tokens; needs `authPublicKey`. */
  authPrivateKey?: string | Buffer;
  /** PEM key that verifies tokens; needs `authPrivateKey` (or use `authJwksUrl`). */
  authPublicKey?: string | Buffer;
  /** JWKS endpoint whose keys verify tokens; cached and rotated. Tokens are then signed elsewhere. */
  authJwksUrl?: string | URL;
  /** Algorithm tokens are signed with and the only one accepted. Default by key type, HS256 for secrets. */
  authAlgorithm?: JwtAlgorithm;
  /** Algorithms accepted on verification, instead of `authAlgorithm` alone. Must fit the key type. */
  authVerifyAlgorithms?: readonly JwtAlgorithm[];
  /** Lifetime of tokens in seconds, unless `exp` or `expiresIn` is given. Default 86,400. */
  authDefaultExpiry?: number;
  /** Replaces JSON Web Tokens. One with `verifyToken()` or `signToken()` alone replaces that half. */
  authEngine?: AuthEngineOption;
  /** Turns packets into messages and back. Default JSON. Clients must use the same one. */
  codecEngine?: Codec;
  /** Carries publications between server processes. Default `memoryBroker()`: this process alone. */
  broker?: Broker;
  /**
   * How long a channel stays subscribed at the broker after its last local subscriber left, so that a
   * client that comes back causes no work there. `0` = give it back at once. Default 1,000.
   */
  brokerUnsubscribeDelay?: number;
  /** `listen()` only: also answer `/healthz` and `/readyz`, see `healthHandler()`. Default `false`. */
  health?: boolean | HealthHandlerOptions;
  /**
   * `'ws'`, a `ws`-compatible module (an object with `Server`), or an engine of your own, such as
   * `uwsEngine()`. One that listens itself is for `listen()`; with an HTTP server it throws.
   */
  wsEngine?: EngineChoice;
  /** Passed to the engine as they are, except those that are options here, too. Default `{}`. */
  wsEngineServerOptions?: Record<string, unknown>;
  /** Compression, as the engine defines it. Default off. */
  perMessageDeflate?: boolean | object;
  /** Chooses a sub-protocol, as the engine defines it. */
  handleProtocols?: (protocols: Set<string>, request: any) => string | false;
  /** Emit the errors of blocked actions (`error`, `warning`). Default `true`. */
  middlewareEmitFailures?: boolean;
  /** Send packets in batches right after a handshake. Default `false`. */
  batchOnHandshake?: boolean;
  /** For how long. Default 400. */
  batchOnHandshakeDuration?: number;
  /** Time between batches. Default 50. */
  batchInterval?: number;
  /** What happens to a socket's streams after it closed. Default `'kill'`. */
  socketStreamCleanupMode?: 'kill' | 'close' | 'none';
  /** Deep-clone outbound data when a call is made, so that later changes do not travel. Default `false`. */
  cloneData?: boolean;
  /** Creates the request objects of procedures. Default `new AGRequest(…)`. */
  requestCreator?: (socket: AGServerSocket, id: number, procedure: string, data: unknown) => any;
}

/** Options with every default filled in. */
export type ResolvedOptions = Required<
  Omit<
    AGServerOptions,
    | 'httpServer'
    | 'protocolVersion'
    | 'authPrivateKey'
    | 'authPublicKey'
    | 'authJwksUrl'
    | 'authAlgorithm'
    | 'authVerifyAlgorithms'
    | 'authEngine'
    | 'codecEngine'
    | 'perMessageDeflate'
    | 'handleProtocols'
    | 'requestCreator'
    | 'rateLimits'
    | 'addressRateLimits'
    | 'clientAddress'
  >
> &
  AGServerOptions & {
    /** No `authKey` was given; tokens of this process mean nothing to any other. */
    authKeyIsRandom: boolean;
  };

export const defaultOptions = {
  path: '/asyngular/',
  ackTimeout: 10_000,
  strictHandshake: true,
  pingInterval: 8_000,
  pingTimeout: 20_000,
  pingTimeoutDisabled: false,
  allowClientPublish: true,
  brokerUnsubscribeDelay: 1_000,
  health: false,
  authDefaultExpiry: 86_400,
  wsEngine: 'ws',
  wsEngineServerOptions: {},
  middlewareEmitFailures: true,
  batchOnHandshake: false,
  batchOnHandshakeDuration: 400,
  batchInterval: 50,
  socketStreamCleanupMode: 'kill',
  cloneData: false,
  ...limitDefaults,
} as const satisfies AGServerOptions;

const timeouts = [
  'ackTimeout',
  'batchInterval',
  'batchOnHandshakeDuration',
  'brokerUnsubscribeDelay',
] as const;

// Without a pause between them, pings would be all that a process does.
const heartbeats = ['pingInterval', 'pingTimeout'] as const;

const flags = [
  'strictHandshake',
  'pingTimeoutDisabled',
  'allowClientPublish',
  'middlewareEmitFailures',
  'batchOnHandshake',
  'cloneData',
] as const;

/**
 * Defaults under the caller's options, in a new object: the caller's is never written to.
 * Throws `InvalidOptionsError` naming the option and what it should be.
 */
export function resolveOptions(options: AGServerOptions = {}): ResolvedOptions {
  const given = Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined && value !== null),
  ) as AGServerOptions;
  // What the engine would be told anyway must not lose against a default of ours.
  const { maxPayload, maxFragments } = given.wsEngineServerOptions ?? {};
  for (const [name, value] of Object.entries({ maxPayload, maxFragments })) {
    if (value !== undefined) (given as Record<string, unknown>)[name] ??= value;
  }
  checkOptions(given);
  return {
    ...defaultOptions,
    ...given,
    authKey: given.authKey ?? randomBytes(32).toString('hex'),
    authKeyIsRandom:
      given.authKey === undefined &&
      given.authPrivateKey === undefined &&
      given.authJwksUrl === undefined &&
      !given.authEngine?.verifyToken,
    broker: given.broker ?? memoryBroker(),
    wsEngineServerOptions: { ...given.wsEngineServerOptions },
    maxBufferedBytesTotal: given.maxBufferedBytesTotal ?? defaultBudgetBytes(),
  };
}

function checkOptions(options: AGServerOptions): void {
  for (const name of timeouts) {
    expect(options, name, isTimeout, `a number of milliseconds from 0 to ${MAX_TIMEOUT_MS}`);
  }
  for (const name of heartbeats) {
    const isPeriod = (value: unknown) => isTimeout(value) && (value as number) >= 1;
    expect(options, name, isPeriod, `a number of milliseconds from 1 to ${MAX_TIMEOUT_MS}`);
  }
  const isSeconds = (value: unknown) => Number.isInteger(value) && (value as number) >= 1;
  expect(options, 'authDefaultExpiry', isSeconds, 'a whole number of seconds, 1 or more');
  checkLimitOptions(options, expect);
  for (const name of flags) expect(options, name, isBoolean, 'true or false');
  expect(options, 'path', isPath, "a string that starts with '/'");
  expect(options, 'protocolVersion', (value) => value === 1 || value === 2, '1 or 2');
  expect(options, 'authKey', isKey, 'a non-empty string or Buffer');
  expect(
    options,
    'authEngine',
    isAuthEngineOption,
    'an object with verifyToken() and signToken(), or one of them',
  );
  expect(
    options,
    'codecEngine',
    hasMethods('encode', 'decode'),
    'an object with encode() and decode()',
  );
  expect(
    options,
    'broker',
    hasMethods('start', 'publish', 'subscribe'),
    'a broker, such as memoryBroker()',
  );
  expect(options, 'requestCreator', (value) => typeof value === 'function', 'a function');
  if (options.authPrivateKey === undefined && options.authPublicKey !== undefined) {
    throw new InvalidOptionsError(
      'The authPrivateKey option must be specified if authPublicKey is specified',
    );
  }
  if (options.authPublicKey === undefined && options.authPrivateKey !== undefined) {
    throw new InvalidOptionsError(
      'The authPublicKey option must be specified if authPrivateKey is specified',
    );
  }
  if (
    options.wsEngine !== undefined &&
    options.wsEngine !== 'ws' &&
    !hasMethods('Server')(options.wsEngine) &&
    !hasMethods('createEngine')(options.wsEngine) &&
    !hasMethods('createListeningEngine')(options.wsEngine)
  ) {
    throw new InvalidOptionsError(
      'The wsEngine option must be a path or module name which points to a valid WebSocket engine ' +
        "module with a compatible interface: use 'ws', an object with Server, or createEngine()",
    );
  }
  if (options.httpServer !== undefined && listensItself(options.wsEngine)) {
    throw new InvalidOptionsError(
      'The wsEngine option names an engine that is an HTTP server itself, which cannot be attached to ' +
        'another one: use listen(port, { wsEngine }), or leave the wsEngine option out',
    );
  }
}

function expect(
  options: AGServerOptions,
  name: keyof AGServerOptions,
  isValid: (value: unknown) => boolean,
  expected: string,
): void {
  const value = options[name];
  if (value === undefined || isValid(value)) return;
  throw new InvalidOptionsError(`The ${name} option is ${describe(value)}; it must be ${expected}`);
}

function describe(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  return typeof value === 'object' || typeof value === 'function'
    ? `a ${typeof value}`
    : `${value}`;
}

function isBoolean(value: unknown): boolean {
  return typeof value === 'boolean';
}

function isPath(value: unknown): boolean {
  return typeof value === 'string' && value.startsWith('/');
}

function isKey(value: unknown): boolean {
  return (typeof value === 'string' || Buffer.isBuffer(value)) && value.length > 0;
}

function hasMethods(...names: string[]): (value: unknown) => boolean {
  return (value) =>
    typeof value === 'object' &&
    value !== null &&
    names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function');
}
