import type { Appended, LogPolicy, LogPosition, ReadOptions } from './log.js';

/** One publication as it stands in a service, or comes from it: the envelope that was handed in. */
export interface StoredEntry {
  readonly position: LogPosition;
  /** See `LiveEntry`; only of those that arrive live. */
  readonly previous?: number | undefined;
  readonly data: Uint8Array;
}

/** A page as a service answers it; see `LogPage`. */
export interface StoredPage {
  readonly entries: readonly StoredEntry[];
  readonly top: LogPosition;
  readonly reached: boolean;
  readonly hasMore: boolean;
}

/**
 * An envelope that is to be appended, and what becomes of it: one of its two functions is called, once, and not within
 * `append()`. No promise, because there is one of these for every publication, and services answer several together.
 */
export interface TransportAppend {
  readonly channel: string;
  /** The envelope. When it comes again, it is the same object. */
  readonly data: Uint8Array;
  /** See `AppendOptions.id`. */
  readonly id: string | undefined;
  readonly policy: LogPolicy;
  /** Envelopes before this one do not come again. */
  readonly oldest: Uint8Array;
  onStored(appended: Appended): void;
  /** With `ConnectionLostError`, before or after which `onDisconnected` is called, or the service's refusal. */
  onFailed(error: Error): void;
}

/**
 * The part of a transport that keeps logs. Queue, order, repeats after a reconnect, deadlines and
 * decoding are the work of the `FleetLog` around it, which calls none of these while disconnected. Live entries
 * go to `TransportEvents.onEntry`.
 */
export interface LogTransport {
  /**
   * Called after each connection, before everything else, on a node that keeps logs. Rejects with what has to be
   * done before the service can keep any; the broker then tries another connection, and warns.
   */
  prepare?(): Promise<void>;
  /**
   * How many appends of one channel may be without an answer together (default 1). More than one needs a service
   * that takes them in the order of the calls, of which a lost connection, a crash of the service included, costs
   * the last ones only, and which recognises all of them when they are sent again. Asked before each append.
   */
  maxInFlight?(policy: LogPolicy): number;
  /**
   * Stores and announces an envelope as one step. What is called in one turn of the event loop should leave
   * together. After a lost connection the same envelope comes again (byte for byte), and must not be stored
   * twice; `oldest` is the first envelope of this channel without an answer.
   */
  append(append: TransportAppend): void;
  /** Whether an append, a read or `tops()` that failed with this error may succeed in a moment. */
  isTemporary?(error: Error): boolean;
  /** Whether it was no answer at all, in time: the service is away rather than unable. */
  isUnanswered?(error: Error): boolean;
  /** Resolves when the service has confirmed the live entries of every channel; repeats are no error. */
  follow(channels: readonly string[]): Promise<void>;
  /** Gives a channel's live entries back; may be called while disconnected. */
  unfollow(channel: string): Promise<void>;
  read(channel: string, options: ReadOptions, policy: LogPolicy): Promise<StoredPage>;
  /** At most 100 channels a call. */
  tops(
    channels: readonly { readonly channel: string; readonly policy: LogPolicy }[],
  ): Promise<ReadonlyMap<string, LogPosition>>;
}
