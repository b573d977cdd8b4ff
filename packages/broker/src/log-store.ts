import type { BrokerPayload } from './broker.js';
import type { Appended, LiveEntry, LogPage, LogPolicy, LogPosition, ReadOptions } from './log.js';

/** How much a store keeps at present. */
export interface LogStoreSize {
  readonly channels: number;
  readonly publications: number;
  /** Payload bytes. */
  readonly bytes: number;
  /** Logs forgotten because all of them together had become too large. */
  readonly evictions: number;
}

/**
 * Where the brokers of one process keep their logs: in memory, or in files. It numbers and keeps; who follows which
 * channel, and what each server counts, is the work of the broker above it. Everything that may take time
 * returns a promise, or its result at once.
 */
export interface LogStore {
  /**
   * Called before anything else, and again when the store is to be used after `close()`. From now on each publication is handed to `onEntry` once it is in its log,
   * in the log's order and before `append()` is done. Rejects when the store cannot be used;
   * calls may come before it is done, and wait for it.
   */
  open(onEntry: (channel: string, entry: LiveEntry) => void): void | Promise<void>;
  /** See `ChannelLog.append()`; entries carry `except`, see `PublishOrigin`. Rejects with `BrokerUnavailableError`; then nothing of it is in the log. */
  append(
    channel: string,
    payload: BrokerPayload,
    policy: LogPolicy,
    id: string | undefined,
    except?: string,
  ): Appended | Promise<Appended>;
  /** See `ChannelLog.read()`. A channel without a log gets one. */
  read(channel: string, options: ReadOptions, policy: LogPolicy): LogPage | Promise<LogPage>;
  /** Where the log of a channel ends. A channel without a log gets one. */
  top(channel: string, policy: LogPolicy): LogPosition | Promise<LogPosition>;
  /**
   * Forgets what has expired; a bounded piece of work, called every few seconds from the first use on, or from the
   * start on if `open()` takes time. False: there is nothing that could expire, until it is used again.
   */
  sweep(): boolean;
  /** What it keeps. Costs nothing. */
  size(): LogStoreSize;
  /** Frees what `open()` took; what waits then is finished first. What is kept stays. */
  close(): void | Promise<void>;
}
