import type { LimitCounts } from '../limits/limits.js';
import type { HistoryStats } from './history-stats.js';
import type { PresenceStats } from './presence-stats.js';

/** Counters since the server started, and gauges of now. Reading them costs little. */
export interface ServerStats {
  readonly clients: number;
  readonly pendingClients: number;
  /** Channels with at least one subscriber on this server. */
  readonly channels: number;
  /** Handshakes completed. */
  readonly handshakes: number;
  /** Messages to a receiver, and calls of a procedure, that nobody consumed. */
  readonly unhandledTransmits: number;
  readonly unhandledCalls: number;
  /** Messages, calls and publications of clients that are not what the contract says. */
  readonly invalidMessages: number;
  /** Actions blocked by middleware. */
  readonly blockedActions: number;
  /** Handshakes under way, from the upgrade request on. */
  readonly pendingHandshakes: number;
  /** Messages and events that wait in all streams of the server, and about how many bytes they take. */
  readonly backlogMessages: number;
  readonly backlogBytes: number;
  /** Bytes that the kernel has not accepted yet, of all sockets that hold any at the end of a turn. */
  readonly bufferedBytes: number;
  /** Number of those sockets. */
  readonly stalledSockets: number;
  /** Addresses that are limited by address, while they matter. */
  readonly addresses: number;
  /** Of the channels with history; undefined when there are none. */
  readonly history: HistoryStats | undefined;
  /** Of the channels that show who is there; undefined when there are none. */
  readonly presence: PresenceStats | undefined;
  /** How often each limit was reached. */
  readonly limits: LimitCounts;
}

/** The counters behind {@link ServerStats}. */
export class Counters {
  handshakes = 0;
  unhandledTransmits = 0;
  unhandledCalls = 0;
  invalidMessages = 0;
  blockedActions = 0;
}
