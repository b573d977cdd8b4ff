// What a process that makes load says of it. Everything is plain JSON, because it travels between processes.

/** How many of something, by name. */
export type Counts = Readonly<Record<string, number>>;

/** Adds one to a name. */
export function countOne(counts: Record<string, number>, name: string | number): void {
  counts[name] = (counts[name] ?? 0) + 1;
}

/** Sums of counts with the same name. */
export function addCounts(all: readonly Counts[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const counts of all) {
    for (const [name, count] of Object.entries(counts)) sums[name] = (sums[name] ?? 0) + count;
  }
  return sums;
}

/** When all connections have been tried. */
export interface ConnectReport {
  readonly connected: number;
  /** Reasons of those that failed. */
  readonly failed: Counts;
  /** From the time a connection was due to its session, encoded. */
  readonly handshakes: string;
  /** When the last session began, by the shared clock. */
  readonly lastAt: number;
}

/** What has happened since the last tick. */
export interface Tick {
  /** When it was made, in ms from the start. */
  readonly at: number;
  readonly sent: number;
  /** Messages or answers that arrived for the first time. */
  readonly received: number;
  /** From the time a message was due, encoded. */
  readonly latencies: string;
  /** How late messages left this process, encoded. */
  readonly lateness: string;
  /** How far behind the event loop was at most, ms. */
  readonly lagMs: number;
  /** How much of the time the event loop was busy: 0 to 1. */
  readonly utilization: number;
}

/** Sums of one process at the end. Arrays have an entry for each line. */
export interface FinalReport {
  readonly sent: readonly number[];
  /** Who was expected to get what the line sent. */
  readonly subscribers: readonly number[];
  readonly received: readonly number[];
  readonly duplicate: number;
  readonly outOfOrder: number;
  /** Messages of others, or with numbers that nobody had sent. */
  readonly foreign: number;
  /** What could not be sent, because the connection was gone. */
  readonly unsent: number;
  /** Errors that calls were answered with. */
  readonly errors: Counts;
  /** Codes of connections that ended by themselves. */
  readonly closes: Counts;
}
