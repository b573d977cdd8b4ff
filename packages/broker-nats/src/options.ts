import type { FleetOptions } from '@asyngular/broker';
import { fleetOptionChecks } from '@asyngular/broker/transport';
import {
  anyOf,
  anything,
  check,
  count,
  flag,
  func,
  listOf,
  milliseconds,
  type OptionTable,
  object,
  oneOf,
  text,
  withMethods,
} from '@asyngular/errors/options';
import type { NatsConnection } from '@nats-io/nats-core';
import type { NodeConnectionOptions } from '@nats-io/transport-node';
import type { NatsLogOptions } from './log/stream-config.js';

/**
 * Options of `natsBroker()`. Everything `@nats-io/transport-node` understands is passed to it: `servers`,
 * `user`, `pass`, `token`, `authenticator` (creds, NKeys, JWT), `tls`, `name`, `reconnectTimeWait`, …
 * `noEcho`, `reconnect` and `maxReconnectAttempts` are the broker's: no echo, reconnecting for ever.
 */
export interface NatsBrokerOptions
  extends FleetOptions,
    Omit<
      NodeConnectionOptions,
      'noEcho' | 'reconnect' | 'maxReconnectAttempts' | 'waitOnFirstConnect'
    > {
  /**
   * First token(s) of every subject (default `asyngular`). Servers with the same prefix form one fleet.
   * Letters, digits, `-`, `_`, `$`, and dots between tokens.
   */
  subjectPrefix?: string | undefined;
  /**
   * How long, in ms, a new subscription waits after its NATS server has confirmed it (default 100), so
   * that the other servers of the cluster have heard of it; there is no confirmation of that in NATS.
   * Without a cluster nothing waits. Raise it for clusters with long ways between their servers; 0 = off.
   */
  interestDelayMs?: number | undefined;
  /**
   * A connection of the application, used instead of opening one; all connection options are ignored
   * then, and `close()` leaves it open. It must reconnect for ever (`maxReconnectAttempts: -1`);
   * `noEcho` is not needed.
   */
  connection?: NatsConnection | undefined;
  /** How channels with history are kept on JetStream. Without such channels, JetStream is not used. */
  log?: NatsLogOptions | undefined;
}

function isPort(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65_535;
}

/** What the NATS client takes; it checks the values itself. */
const connectionChecks: OptionTable<NodeConnectionOptions> = {
  authenticator: anything(),
  debug: flag(),
  ignoreAuthErrorAbort: flag(),
  ignoreClusterUpdates: flag(),
  inboxPrefix: text(),
  maxPingOut: count('pings'),
  maxReconnectAttempts: anything(),
  name: text(),
  noAsyncTraces: flag(),
  noEcho: anything(),
  noRandomize: flag(),
  pass: text(),
  pedantic: flag(),
  pingInterval: milliseconds(),
  port: check('a TCP port, 0 to 65535', isPort),
  reconnect: anything(),
  reconnectDelayHandler: func(),
  reconnectJitter: milliseconds(),
  reconnectJitterTLS: milliseconds(),
  reconnectTimeWait: milliseconds(),
  resolve: flag(),
  servers: anyOf(text({ minLength: 1 }), listOf(text({ minLength: 1 }))),
  timeout: milliseconds({ min: 1 }),
  tls: object(),
  token: text(),
  user: text(),
  verbose: flag(),
  waitOnFirstConnect: anything(),
};

/** The checks of `NatsBrokerOptions.log`. */
export const natsLogOptionChecks: OptionTable<NatsLogOptions> = {
  replicas: count('servers', { min: 1, max: 5 }),
  storage: oneOf('memory', 'file'),
  maxBytes: count('bytes', { min: 1 }),
};

const SUBJECT_TOKENS = /^[\w$-]+(\.[\w$-]+)*$/;

/** The checks of every option of `natsBroker()`. */
export const natsOptionChecks: OptionTable<NatsBrokerOptions> = {
  ...connectionChecks,
  ...fleetOptionChecks,
  subjectPrefix: check(
    'subject tokens of letters, digits, "-", "_" and "$", with dots between them',
    (value) => typeof value === 'string' && SUBJECT_TOKENS.test(value),
  ),
  interestDelayMs: milliseconds({ max: 60_000 }),
  log: object(),
  connection: check(
    'an open NATS connection',
    (value) =>
      withMethods('flush', 'isClosed').isValid(value) && !(value as NatsConnection).isClosed(),
  ),
};
