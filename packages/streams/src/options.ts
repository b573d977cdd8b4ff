/** What of an `AbortSignal` is used; any `AbortSignal` fits. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** What happens to a packet that arrives while a backlog holds `highWaterMark` packets:
 *  the oldest waiting packet goes, the new packet goes, or the loop rejects (see `ConsumerOptions`). */
export type OverflowPolicy = 'drop-oldest' | 'drop-newest' | 'error';

/** How a consumer waits and how much it may keep waiting for it. */
export interface ConsumerOptions {
  /** Longest wait for one packet, in ms. `null`/`undefined` (default): for ever. `0`: until the next
   *  macrotask. More than 2^31−1 counts as 2^31−1. Then `next()` rejects with a `TimeoutError`. */
  timeout?: number | null | undefined;
  /** Most packets that may wait in the backlog, a whole number from 1. Default: unbounded.
   *  A packet counts from its write on, also when a loop is already waiting for it. */
  highWaterMark?: number | undefined;
  /** What happens at `highWaterMark`; without one it has no effect. Default `'error'`: packets queued
   *  before the limit are still delivered, then the loop rejects with a `BacklogLimitError` and the
   *  consumer is removed. End markers are never dropped. */
  overflow?: OverflowPolicy | undefined;
  /** Aborting ends the consumer at once: its backlog is dropped, pending and later reads reject with
   *  the signal's reason. */
  signal?: AbortSignalLike | undefined;
}

/** What every method that creates a consumer accepts: a timeout in ms, or options. */
export type TimeoutOrOptions = number | ConsumerOptions | null | undefined;

const MAX_TIMEOUT_MS = 2 ** 31 - 1;
const policies: readonly unknown[] = ['error', 'drop-oldest', 'drop-newest'];

/** @internal The checked options of a consumer, and what has become of them. Consumers without options
 *  do without. */
export interface Limits {
  readonly timeout: number | undefined;
  readonly highWaterMark: number;
  readonly overflow: OverflowPolicy;
  readonly signal: AbortSignalLike | undefined;
  timer?: unknown;
  /** Set when a packet was refused; nothing is accepted until `next()` reported it behind the backlog. */
  hasOverflowed?: boolean;
  onAbort?: () => void;
}

/** @internal Checks the argument once, when the consumer is created. */
export function parseConsumerOptions(argument: TimeoutOrOptions): Limits | undefined {
  if (argument === undefined || argument === null) return undefined;
  const options = typeof argument === 'number' ? { timeout: argument } : argument;
  const { highWaterMark = Number.POSITIVE_INFINITY, overflow = 'error', signal } = options;
  const timeout = options.timeout ?? undefined;
  assertOption('timeout', timeout, timeout === undefined || timeout >= 0, 'ms from 0');
  assertOption('highWaterMark', highWaterMark, highWaterMark >= 1, 'packets from 1');
  assertOption('overflow', overflow, policies.includes(overflow), policies.join());
  return {
    timeout: timeout && Math.min(timeout, MAX_TIMEOUT_MS),
    highWaterMark,
    overflow,
    signal,
  };
}

function assertOption(name: string, value: unknown, isValid: boolean, remedy: string): void {
  if (!isValid)
    throw new TypeError(`The ${name} option cannot be ${String(value)}; pass ${remedy}`);
}
