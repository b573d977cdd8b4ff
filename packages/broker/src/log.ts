import type { BrokerPayload, PublishOrigin } from './broker.js';

/**
 * A place in the log of a channel. Positions of one epoch compare by `offset`; those of different epochs do
 * not compare at all. `tag` names the publication at that offset, so that an offset which was given out
 * twice, after a crash that lost acknowledged writes, is not taken for the first one. Offset 0 with tag 0 is
 * the beginning of a log, before its first publication.
 */
export interface LogPosition {
  /** Made when the log is born: 1 to 32 letters, digits, `-` or `_`. */
  readonly epoch: string;
  /** Grows with every publication of the channel, not always by one. A safe integer. */
  readonly offset: number;
  /** 32 bits, unsigned. */
  readonly tag: number;
}

/** How much of a channel its log keeps. The server's option `channels` decides, by pattern. */
export interface LogPolicy {
  /** Publications, 1 to 10,000. */
  readonly size: number;
  /** How long after its last publication a log must be kept, in ms. */
  readonly ttlMs: number;
  /** Bytes of payload; a log holds its newest publication even if that alone is larger. */
  readonly maxBytes: number;
  /** How long the `id` of a publication is remembered, in ms. */
  readonly idempotencyWindowMs: number;
}

/** One publication in a log. */
export interface LogEntry {
  readonly position: LogPosition;
  /** The publisher's encoding, as it was handed to `append()`. */
  readonly payload: BrokerPayload;
  /** See `PublishOrigin.except`. */
  readonly except?: string | undefined;
}

/** One publication as it is announced to the servers that follow the channel. */
export interface LiveEntry extends LogEntry {
  /**
   * The offset before it in this log: 0 for a log's first one, `undefined` when the log does not know it
   * any more.
   */
  readonly previous: number | undefined;
}

/** What became of `append()`. */
export interface Appended {
  /** Where the publication stands, or where the first one with this id stands. */
  readonly position: LogPosition;
  /** A publication with the same id was there already, and this one was not added. */
  readonly duplicate: boolean;
}

/** What `append()` may be given beside the publication. */
export interface AppendOptions {
  /** 1 to 64 characters. A second publication with it is not added within the policy's window. */
  readonly id?: string | undefined;
  /** On whose behalf: what waits when it has closed is not sent any more, as in `Broker.publish()`. */
  readonly origin?: PublishOrigin | undefined;
}

/** What to read; at most one of `after` and `before`. Neither: the newest `limit` publications. */
export interface ReadOptions {
  /** What follows this position, oldest first. */
  readonly after?: LogPosition | undefined;
  /** The newest ones before this position. */
  readonly before?: LogPosition | undefined;
  /** Publications of a page, 1 or more. */
  readonly limit: number;
  /** Payload bytes of a page; the first publication is in it whatever its size. */
  readonly maxBytes: number;
}

/** A piece of a log, without a hole. */
export interface LogPage {
  /** Oldest first, whatever was asked for. */
  readonly entries: readonly LogEntry[];
  /** The log's newest position, read together with the entries or after them. */
  readonly top: LogPosition;
  /**
   * With `after`: the log has that very publication (epoch, offset and tag), or nothing was published
   * since (it is the top), or the position is the beginning of a log of which nothing is gone; and all
   * that follows it is there. Otherwise `false`, and `entries` is empty. With `before`: the position is one
   * of this log. With neither: `true`.
   */
  readonly reached: boolean;
  /** There is more in the direction of reading than fitted into this page. */
  readonly hasMore: boolean;
}

/** Counters of a log, for health reports and metrics. */
export interface LogStats {
  /** Publications accepted, and those that were duplicates. */
  readonly appended: number;
  readonly duplicates: number;
  /** Calls of `read()` and `tops()`. */
  readonly reads: number;
  readonly tops: number;
  /** Kept in this process; 0 when a service keeps them. */
  readonly channels: number;
  readonly publications: number;
  readonly bytes: number;
  /** Logs forgotten because all logs of this process together had become too large. */
  readonly evictions: number;
}

/**
 * Logs of channels, shared by all servers of a fleet: one order over all publishers, and everything that was
 * acknowledged is kept as long as the policy says. What a log promises is checked by the duties from B30 on
 * in `@asyngular/broker/conformance`.
 *
 * A log works between `Broker.start()`, whose sink gives it the policies and takes the live entries, and
 * `Broker.close()`.
 */
export interface ChannelLog {
  /**
   * Adds a publication and announces it to all servers that follow the channel, this one included, as one
   * step. Done means: it is in the log. Rejects with `BrokerUnavailableError`; its `maybeSent` says whether the
   * publication may be in the log nevertheless. Waits, bounded, while the service is away, and is sent
   * again after a reconnect without becoming a second publication. Calls for one channel keep their order.
   * Throws nothing.
   */
  append(
    channel: string,
    payload: BrokerPayload,
    options?: AppendOptions,
  ): Appended | Promise<Appended>;

  /**
   * Asks for the live entries of a channel. Done means: every publication accepted from now on reaches
   * `BrokerSink.onEntry`, unless the service loses it on the way; what was lost shows in `previous` of the
   * next entry, or in `tops()`. Survives reconnects. Repeats are harmless.
   */
  follow(channel: string): void | Promise<void>;

  /** Gives the live entries of a channel back: none is delivered once the call has returned. */
  unfollow(channel: string): void | Promise<void>;

  /** Reads a piece. Rejects with `BrokerUnavailableError` when there is no answer in time. */
  read(channel: string, options: ReadOptions): LogPage | Promise<LogPage>;

  /**
   * Where the logs of many channels end, in one round trip (per 100). A channel without a log gets one.
   * Rejects like `read()`.
   */
  tops(
    channels: readonly string[],
  ): ReadonlyMap<string, LogPosition> | Promise<ReadonlyMap<string, LogPosition>>;

  /** Counters since the start. */
  stats(): LogStats;
}
