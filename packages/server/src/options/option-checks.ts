import { InvalidOptionsError } from '@asyngular/errors';
import {
  anyOf,
  anything,
  type CheckedOptions,
  check,
  checkOptions,
  count,
  describeValue,
  flag,
  func,
  listOf,
  milliseconds,
  type OptionTable,
  object,
  oneOf,
  withMethods,
} from '@asyngular/errors/options';
import { isLoggerOption } from '@asyngular/protocol/internal';
import { isAuthEngineOption } from '../auth/auth-engine.js';
import { jwtAlgorithms } from '../auth/auth-keys.js';
import { type EngineChoice, listensItself } from '../engine/create-engine.js';
import { checkHealthOptions } from '../health/health.js';
import { checkMetricsOptions } from '../metrics/metrics-options.js';
import { checkRates, limitTable } from './limit-checks.js';
import type { AGServerOptions } from './options.js';

/** Options of published servers that are accepted, and have no effect here. */
interface PublishedOptions {
  /** Now `broker`, a warning says so. */
  brokerEngine?: unknown;
}

const key = check(
  'a non-empty string or Buffer',
  (value) => (typeof value === 'string' || Buffer.isBuffer(value)) && value.length > 0,
);

// Without a pause between them, pings would be all that a process does.
const period = milliseconds({ min: 1 });

const algorithm = oneOf(...jwtAlgorithms);

export const serverTable = {
  ...limitTable,
  httpServer: withMethods('on', 'address'),
  path: check("a string that starts with '/', without '?' and '#'", isPath),
  protocolVersion: oneOf(1, 2),
  ackTimeout: milliseconds(),
  strictHandshake: flag(),
  pingInterval: period,
  pingTimeout: period,
  pingTimeoutDisabled: flag(),
  allowClientPublish: flag(),
  authKey: key,
  authKeys: check('a list of one key or more', (value) => isListOf(value, key.isValid)),
  authPrivateKey: key,
  authPublicKey: key,
  authJwksUrl: check('a URL', (value) => URL.canParse(String(value))),
  authAlgorithm: algorithm,
  authVerifyAlgorithms: listOf(algorithm),
  authDefaultExpiry: count('seconds', { min: 1, max: Number.MAX_SAFE_INTEGER }),
  authEngine: check(
    'an object with verifyToken() and signToken(), or one of them',
    isAuthEngineOption,
  ),
  codecEngine: withMethods('encode', 'decode'),
  contract: check('a contract, made by contract()', isContract),
  broker: check('a broker, such as memoryBroker()', (value) =>
    withMethods('start', 'publish', 'subscribe').isValid(value),
  ),
  // Checked pattern by pattern when their defaults are filled in.
  channels: object('an object of options by channel pattern'),
  idempotencyWindow: milliseconds({ min: 1 }),
  presenceGrace: milliseconds(),
  presenceInterval: milliseconds({ min: 10 }),
  presenceRepair: milliseconds({ min: 100 }),
  serverTimeout: milliseconds({ min: 300, max: 60_000 }),
  brokerUnsubscribeDelay: milliseconds(),
  closeTimeout: milliseconds(),
  health: anyOf(flag(), object('an object of options')),
  metrics: object('an object { port, host?, path? }'),
  // Checked below, with the message that applications know.
  wsEngine: anything(),
  wsEngineServerOptions: object(),
  perMessageDeflate: anyOf(flag(), object()),
  handleProtocols: func(),
  logger: check(
    "false, 'silent', or an object with debug(), info(), warn() and error()",
    isLoggerOption,
  ),
  answerUnhandled: flag(),
  exposeErrors: anyOf(flag(), func('a function of the error')),
  userId: func('a function of the socket'),
  fleet: flag(),
  middlewareEmitFailures: flag(),
  batchOnHandshake: flag(),
  batchOnHandshakeDuration: milliseconds(),
  batchInterval: milliseconds(),
  socketStreamCleanupMode: oneOf('kill', 'close', 'none'),
  cloneData: flag(),
  requestCreator: func(),
  brokerEngine: anything(),
} satisfies OptionTable<AGServerOptions & PublishedOptions>;

/**
 * The options that were given, in a new object. Throws `InvalidOptionsError` for unknown names, for values
 * of a wrong type or range, and for options that do not go together.
 */
export function checkServerOptions(
  given: unknown,
): CheckedOptions<AGServerOptions & PublishedOptions> {
  const options = checkOptions<AGServerOptions & PublishedOptions>(
    serverTable,
    given,
    'the server',
  );
  checkRates(options);
  if (typeof options.health === 'object') checkHealthOptions(options.health);
  if (options.metrics !== undefined) options.metrics = checkMetricsOptions(options.metrics);
  if (options.authKey !== undefined && options.authKeys !== undefined) {
    throw new InvalidOptionsError(
      'The options authKey and authKeys say the same thing; put the key in front of authKeys and leave authKey out',
    );
  }
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
  if (options.wsEngine !== undefined && !isEngineChoice(options.wsEngine)) {
    throw new InvalidOptionsError(
      `The wsEngine option is ${describeValue(options.wsEngine)}; it must be 'ws', an object with a Server class such as ` +
        'the module ws, or an engine such as uwsEngine(uWS). Import a module in place of naming it',
    );
  }
  if (options.httpServer !== undefined && listensItself(options.wsEngine)) {
    throw new InvalidOptionsError(
      'The wsEngine option names an engine that is an HTTP server itself, which cannot be attached to ' +
        'another one: use listen(port, { wsEngine }), or leave the wsEngine option out',
    );
  }
  return options;
}

function isListOf(value: unknown, isValid: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.length > 0 && value.every(isValid);
}

function isContract(value: unknown): boolean {
  return typeof value === 'object' && value !== null && '~contract' in value;
}

function isPath(value: unknown): boolean {
  return typeof value === 'string' && /^\/[^?#]*$/.test(value);
}

function isEngineChoice(value: unknown): value is EngineChoice {
  return (
    value === 'ws' ||
    ['Server', 'createEngine', 'createListeningEngine'].some((name) =>
      withMethods(name).isValid(value),
    )
  );
}
