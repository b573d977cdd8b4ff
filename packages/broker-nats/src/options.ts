import type { FleetOptions } from '@asyngular/broker';
import type { NatsConnection } from '@nats-io/nats-core';
import type { NodeConnectionOptions } from '@nats-io/transport-node';

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
  subjectPrefix?: string;
  /**
   * How long, in ms, a new subscription waits after its NATS server has confirmed it (default 100), so
   * that the other servers of the cluster have heard of it; there is no confirmation of that in NATS.
   * Without a cluster nothing waits. Raise it for clusters with long ways between their servers; 0 = off.
   */
  interestDelayMs?: number;
  /**
   * A connection of the application, used instead of opening one; all connection options are ignored
   * then, and `close()` leaves it open. It must reconnect for ever (`maxReconnectAttempts: -1`);
   * `noEcho` is not needed.
   */
  connection?: NatsConnection;
}
