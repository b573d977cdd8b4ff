import type { LogEntry, LogPage, LogPosition, ReadOptions } from '@asyngular/broker';
import type { Subscriber } from '../channels/channel-source.js';
import type { RecoveryTrace } from '../tracing/messages.js';

/** A publication of a log on its way to subscribers. */
export interface Delivery {
  readonly position: LogPosition;
  /** Bytes of its payload. */
  readonly bytes: number;
  /** Its payload, if `wrap()` makes the same of that and the position. */
  readonly text: string | undefined;
}

/** What an `#interruption` says. */
export interface Interruption {
  /** Publications between these times (ms since the epoch) may be missing. */
  readonly since: number;
  readonly until: number;
  readonly reason: string;
  /** Where the subscription goes on. */
  readonly position: LogPosition;
}

/** Counters of all recoverable channels of a server. */
export interface RecoveryCounters {
  /** Subscriptions that asked to recover: those that got everything, and those that could not. */
  recovered: number;
  unrecovered: number;
  /** Reads of the log, by whatever caused them. */
  reads: number;
  /** Gaps in the live publications that were read from the log. */
  gaps: number;
  /** Gaps that only the comparison of ends has shown. */
  healed: number;
  /** Times at which a channel could not be continued without a hole. */
  interruptions: number;
  /** Publications sent to subscribers that were behind. */
  replayed: number;
}

/** The counters since the start, and gauges of now. */
export interface RecoveryStats extends Readonly<RecoveryCounters> {
  /** Channels whose live publications this server takes. */
  readonly followed: number;
  /** Subscriptions that are behind their channel. */
  readonly catchingUp: number;
}

/** What the last publications of all channels take together. */
export interface RecentBudget {
  bytes: number;
  readonly limitBytes: number;
}

/**
 * The world around one recoverable channel: its log, its live subscribers, clocks and turns. Everything that waits
 * goes through it, so that a test can decide in which order things happen.
 */
export interface ChannelHost {
  readonly channel: string;
  /** How long after its last publication the log may be forgotten, in ms. */
  readonly ttlMs: number;
  /** Publications that a new subscription begins with. */
  readonly rewind: number;
  /** Bytes of all publications that the log keeps. */
  readonly maxBytes: number;
  readonly counters: RecoveryCounters;
  readonly recentBudget: RecentBudget;
  read(options: ReadOptions): LogPage | Promise<LogPage>;
  wrap(entry: LogEntry): Delivery;
  /** Delivers to all subscribers but those that are behind. */
  broadcast(delivery: Delivery, behind: ReadonlyMap<Subscriber, unknown>): void;
  send(subscriber: Subscriber, delivery: Delivery): void;
  /** A subscriber has come back. Returns the message of the tracing channel, if somebody traces that. */
  traceRecovery(subscriber: Subscriber): RecoveryTrace | undefined;
  /** It has got all that it had missed, in so many ms. */
  onRecovered(ms: number): void;
  /** Tells all subscribers but those that are behind. */
  interruptAll(interruption: Interruption, behind: ReadonlyMap<Subscriber, unknown>): void;
  interrupt(subscriber: Subscriber, interruption: Interruption): void;
  /** Monotonic, in ms. */
  now(): number;
  /** In ms since the epoch. */
  wallNow(): number;
  /** Runs later, at once in a quiet moment, or in a turn to come. */
  run(work: () => void): void;
  after(ms: number, work: () => void): void;
  warn(error: unknown): void;
}

/** Publications of a page. */
export const PAGE_ENTRIES = 100;
/** Payload bytes of a page. */
export const PAGE_BYTES = 262_144;
