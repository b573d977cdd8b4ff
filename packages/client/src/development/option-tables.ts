import type { HistoryOptions, PublishOptions, SubscribeOptions } from '@asyngular/channels';
import {
  anyOf,
  anything,
  check,
  checkOptions,
  count,
  flag,
  func,
  milliseconds,
  number,
  type OptionTable,
  object,
  oneOf,
  text,
  withMethods,
} from '@asyngular/errors/options';
import { InvalidArgumentsError } from '@asyngular/protocol';
import { isAsyncIterable, isLoggerOption, isPublicationId } from '@asyngular/protocol/internal';
import type { AutoReconnectOptions } from '../connection/reconnect.js';
import type { InvokeOptions, StreamOptions, TransmitOptions } from '../messages/request-options.js';
import type { ClientOptions } from '../options/options.js';

// Options of published clients that mean nothing here are accepted, so that an application need not change.

interface IgnoredClientOptions {
  /** SocketCluster 14 and older: every `create()` has a connection of its own here. */
  multiplex?: unknown;
  /** SocketCluster 14 and older: the map of the sockets that share a connection. */
  clientMap?: unknown;
  /** SocketCluster 14 and older: `batchInterval` and the batching methods took its place. */
  pubSubBatchDuration?: unknown;
}

/** What each option of `create()` has to be. */
const clientTable: OptionTable<ClientOptions & IgnoredClientOptions> = {
  hostname: check(
    "a host name without scheme, port or path, such as 'example.com'; create('wss://example.com:8000/path/') takes a URL",
    (value) => typeof value === 'string' && isHostname(value),
  ),
  port: check('a port number from 1 to 65535', isPort),
  host: text({ minLength: 1 }),
  secure: flag(),
  protocol: anything(),
  protocolScheme: text({ minLength: 1 }),
  socketPath: text({ minLength: 1 }),
  path: check(
    'a path without ? and #; the query option takes a query',
    (value) => typeof value === 'string' && !/[?#]/.test(value),
  ),
  query: anyOf(text(), object()),
  timestampRequests: flag(),
  timestampParam: text({ minLength: 1 }),
  autoConnect: anyOf(flag(), oneOf('browser')),
  autoReconnect: flag(),
  autoReconnectOptions: object(),
  autoSubscribeOnConnect: flag(),
  connectOnSend: flag(),
  waitForConnection: flag(),
  connectTimeout: milliseconds(),
  ackTimeout: milliseconds(),
  contract: check(
    'a contract, made by contract()',
    (value) => typeof value === 'object' && '~contract' in Object(value),
  ),
  validate: oneOf('outgoing'),
  pingTimeoutDisabled: flag(),
  pingTimeout: milliseconds(),
  protocolVersion: oneOf(1, 2),
  channelPrefix: text(),
  authEngine: withMethods('loadToken', 'saveToken', 'removeToken'),
  authTokenName: text({ minLength: 1 }),
  syncAuthTokens: flag(),
  codecEngine: withMethods('encode', 'decode'),
  binaryType: text({ minLength: 1 }),
  cloneData: flag(),
  wsOptions: object(),
  rejectUnauthorized: flag(),
  batchOnHandshake: flag(),
  batchOnHandshakeDuration: milliseconds(),
  batchInterval: milliseconds(),
  disconnectOnUnload: flag(),
  probeOnWakeUp: flag(),
  outboundHighWaterMark: count('bytes'),
  outboundLimit: count('bytes'),
  maxUnsentMessages: count('messages'),
  maxCallsInFlight: count('calls'),
  maxInboundCallsInFlight: count('calls'),
  maxStreams: count('streams'),
  maxStreamCredit: count('items', { min: 1 }),
  streamHighWaterMark: count('items', { min: 1 }),
  streamHighWaterMarkBytes: count('bytes', { min: 1 }),
  streamIdleTimeout: milliseconds(),
  subscriptionRetryOptions: anything(),
  callIdGenerator: func(),
  clientId: text({ minLength: 1 }),
  version: text(),
  logger: check(
    "false, 'silent' or a logger with debug(), info(), warn() and error()",
    isLoggerOption,
  ),
  platform: object(),
  multiplex: anything(),
  clientMap: anything(),
  pubSubBatchDuration: anything(),
};

/** What each option of `autoReconnectOptions` has to be. Delays beyond what timers can wait are cut to that. */
const autoReconnectTable: OptionTable<AutoReconnectOptions> = {
  initialDelay: number('milliseconds'),
  randomness: number('milliseconds'),
  multiplier: number('times'),
  maxDelay: number('milliseconds'),
};

const subscribeTable: OptionTable<SubscribeOptions & { batch?: unknown }> = {
  waitForAuth: flag(),
  priority: check('a finite number', Number.isFinite),
  data: anything(),
  orThrow: flag(),
  rewind: count('publications'),
  since: text({ minLength: 1 }),
  mode: oneOf('continue', 'reject'),
  presence: anything(),
  // SocketCluster 15 and older: batching is an option of the socket here.
  batch: anything(),
};

/** Options of published clients' transports that reach no wire. */
interface IgnoredRequestOptions {
  force?: unknown;
  noTimeout?: unknown;
}

const transmitTable: OptionTable<TransmitOptions & IgnoredRequestOptions> = {
  ackTimeout: number('milliseconds'),
  force: anything(),
  noTimeout: anything(),
};

const invokeTable: OptionTable<InvokeOptions & IgnoredRequestOptions> = {
  ...transmitTable,
  wait: flag(),
  signal: check('an AbortSignal', isAbortSignal),
  body: check('an async iterable', isAsyncIterable),
};

const streamTable: OptionTable<StreamOptions & IgnoredRequestOptions> = {
  ...invokeTable,
  timeout: number('milliseconds'),
  highWaterMark: count('items', { min: 1 }),
  resume: func(),
};

const publishTable: OptionTable<PublishOptions> = {
  id: check('a text of 1 to 64 characters', isPublicationId),
  retry: flag(),
  except: oneOf('self'),
};

const historyTable: OptionTable<HistoryOptions> = {
  limit: count('publications', { min: 1 }),
  before: text({ minLength: 1 }),
  after: text({ minLength: 1 }),
  order: oneOf('newest', 'oldest'),
};

// Each throws InvalidArgumentsError with what was expected, and for an unknown name with the nearest known one.

export function assertClientOptions(options: ClientOptions): void {
  const address = ['url', 'uri'].find((name) => Object.hasOwn(Object(options), name));
  if (address !== undefined) {
    throw new InvalidArgumentsError(
      `Unknown option ${address} of the client; a URL is the first argument: create('wss://example.com', options)`,
    );
  }
  assertOptions(clientTable, options, 'the client');
  assertOptions(autoReconnectTable, options.autoReconnectOptions, 'autoReconnectOptions');
}

export function assertSubscribeOptions(options: SubscribeOptions | undefined): void {
  assertOptions(subscribeTable, options, 'subscribe()');
}

export function assertTransmitOptions(options: TransmitOptions | undefined): void {
  assertOptions(transmitTable, options, 'transmit()');
}

export function assertInvokeOptions(options: InvokeOptions | undefined): void {
  assertOptions(invokeTable, options, 'invoke()');
}

export function assertStreamOptions(options: StreamOptions | undefined): void {
  assertOptions(streamTable, options, 'stream()');
}

export function assertPublishOptions(options: PublishOptions | undefined): void {
  assertOptions(publishTable, options, 'a publication');
}

export function assertHistoryOptions(options: HistoryOptions | undefined): void {
  assertOptions(historyTable, options, 'history()');
}

function assertOptions<Options extends object>(
  table: OptionTable<Options>,
  given: unknown,
  what: string,
): void {
  checkOptions(table, given, what, InvalidArgumentsError);
}

/** `localhost:8000` would be dialled for ever; only an IPv6 address has colons, and at least two. */
function isHostname(text: string): boolean {
  const colons = text.split(':').length - 1;
  return text !== '' && !/[\s/?#@]/.test(text) && colons !== 1;
}

function isPort(value: unknown): boolean {
  const isWritten = typeof value === 'string' && /^\d+$/.test(value);
  const port = isWritten ? Number(value) : value;
  return Number.isInteger(port) && 1 <= Number(port) && Number(port) <= 65_535;
}

/** By its shape, because there are several classes of that name: of frames, of test environments. */
function isAbortSignal(value: unknown): boolean {
  return typeof Object(value).addEventListener === 'function' && 'aborted' in Object(value);
}
