import {
  checkOptions,
  count,
  type FilledInOptions,
  milliseconds,
  type OptionTable,
} from '@asyngular/errors/options';

/** Options of every broker between processes. */
export interface FleetOptions {
  /**
   * Publishes that may wait for the broker's acceptance (default 10,000). One more rejects at once with
   * `BrokerUnavailableError` (`queue-full`).
   */
  maxQueuedMessages?: number | undefined;
  /** The same in payload bytes (default 16 MiB). */
  maxQueuedBytes?: number | undefined;
  /**
   * How long, in ms, a publish or subscribe waits for the broker before it rejects with
   * `BrokerUnavailableError` (`timeout`). Default 5,000.
   */
  timeoutMs?: number | undefined;
  /**
   * How often, in ms, the connection is probed and the other nodes hear from this one (default 2,000).
   * Interruption windows reach back by up to this much, and a channel that fell silent is checked for a
   * lost last message after this long. All nodes of a fleet should use the same value.
   */
  heartbeatMs?: number | undefined;
  /**
   * A probe, or a portion of the subscriptions to restore, that is not answered for so many ms (default
   * 5,000) makes the broker drop the connection.
   */
  probeTimeoutMs?: number | undefined;
  /**
   * How long, in ms, one attempt to connect may take until the service is ready (network, TLS, greeting
   * and login together; default 2,000). Then it is given up and the next one begins after a pause.
   * Connections that the application handed in keep limits of their own.
   */
  connectTimeoutMs?: number | undefined;
  /**
   * The longest that `close()` may take, in ms, whatever the service does (default 5,000). A server gives
   * its broker half of its own `closeTimeout` instead.
   */
  closeTimeoutMs?: number | undefined;
}

/** The options with every default filled in. */
export type ResolvedFleetOptions = FilledInOptions<FleetOptions>;

/** What `FleetOptions` are without a value of their own. */
export const fleetDefaults: ResolvedFleetOptions = {
  maxQueuedMessages: 10_000,
  maxQueuedBytes: 16 * 1024 * 1024,
  timeoutMs: 5_000,
  heartbeatMs: 2_000,
  probeTimeoutMs: 5_000,
  connectTimeoutMs: 2_000,
  closeTimeoutMs: 5_000,
};

/** Channels a publisher remembers its last sequence for; the least recently used one is settled early. */
export const MAX_LEDGER_CHANNELS = 100_000;
/** A quiet channel's sequence, and a silent node, are forgotten after this long. */
export const FORGET_AFTER_MS = 600_000;
/** Other nodes remembered; beyond that the one that has been silent for longest is forgotten. */
export const MAX_NODES = 4_096;
/** Assumed longest way of a message between two healthy nodes, beyond the measured round trip. */
export const TRANSIT_MARGIN_MS = 1_000;
/** Subscriptions restored per answer that is waited for: each portion shows that the service is alive. */
export const RESTORE_PORTION = 5_000;
/** Pause before the next connection when a service refuses to restore the subscriptions, in ms. */
export const RESTORE_RETRY_MS = 1_000;
/** Tail markers sent per heartbeat at most; the others wait for the next one. */
export const MAX_TAILS_PER_BEAT = 10_000;

/** The checks of `FleetOptions`, to be spread into the table of a broker that has options of its own. */
export const fleetOptionChecks: OptionTable<FleetOptions> = {
  maxQueuedMessages: count('messages', { min: 1 }),
  maxQueuedBytes: count('bytes', { min: 1 }),
  timeoutMs: milliseconds({ min: 1 }),
  heartbeatMs: milliseconds({ min: 1 }),
  probeTimeoutMs: milliseconds({ min: 1 }),
  connectTimeoutMs: milliseconds({ min: 1 }),
  closeTimeoutMs: milliseconds(),
};

/** Checks and completes the options; throws `InvalidOptionsError` naming the bad one. */
export function resolveFleetOptions(options: FleetOptions): ResolvedFleetOptions {
  return { ...fleetDefaults, ...checkOptions(fleetOptionChecks, options, 'the broker') };
}
