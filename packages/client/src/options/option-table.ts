import { isLoggerOption } from '@asyngular/protocol/internal';
import {
  anyOf,
  anything,
  check,
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
} from '#development';
import type { AutoReconnectOptions } from '../connection/reconnect.js';
import type { ClientOptions } from './options.js';

/** Options of published clients that mean nothing here. They are accepted, so that an application need not change. */
export interface IgnoredOptions {
  /** SocketCluster 14 and older: every `create()` has a connection of its own here. */
  multiplex?: unknown;
  /** SocketCluster 14 and older: the map of the sockets that share a connection. */
  clientMap?: unknown;
  /** SocketCluster 14 and older: `batchInterval` and the batching methods took its place. */
  pubSubBatchDuration?: unknown;
}

/** What each option of `create()` has to be. */
export const optionTable: OptionTable<ClientOptions & IgnoredOptions> = {
  hostname: check(
    "a host name without scheme, port or path, such as 'example.com'; create('wss://example.com:8000/path/') takes a URL",
    (value) => typeof value === 'string' && isHostname(value),
  ),
  port: check('a port number from 1 to 65535', isPort),
  host: check(
    'both the hostname and the port number in the hostname:port format',
    (value) => typeof value === 'string' && splitHost(value) !== undefined,
  ),
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
export const autoReconnectTable: OptionTable<AutoReconnectOptions> = {
  initialDelay: number('milliseconds'),
  randomness: number('milliseconds'),
  multiplier: number('times'),
  maxDelay: number('milliseconds'),
};

/** What the `host` option says; undefined for a text that is not `hostname:port`. */
export function splitHost(host: string): { hostname: string; port: string } | undefined {
  const [, hostname, port] = /^(.+):(\d{2,5})$/.exec(host) ?? [];
  return hostname && port ? { hostname, port } : undefined;
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
