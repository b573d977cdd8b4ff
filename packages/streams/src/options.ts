import { InvalidOptionsError } from '@asyngular/errors';

/** The part of an `AbortSignal` that is used; any `AbortSignal` fits. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** What happens to a packet that arrives while a backlog holds `highWaterMark` packets:
 *  the oldest waiting packet goes, the new packet goes, or the loop rejects (see `ConsumerOptions`). */
export type OverflowPolicy = 'drop-oldest' | 'drop-newest' | 'error';

/** How long a consumer waits for a packet, and how many packets may wait for it. */
export interface ConsumerOptions {
  /** Longest wait for one packet, in ms. `null`/`undefined` (default): for ever. `0`: until the next
   *  macrotask. More than 2^31−1 counts as 2^31−1. Then `next()` rejects with a `TimeoutError`. */
  timeout?: number | null | undefined;
  /** Most packets that may wait in the backlog, 1 or more. Default: unbounded.
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

/** The longest delay of timers, in ms. */
export const MAX_INT32 = 2 ** 31 - 1;
const policies: readonly unknown[] = ['error', 'drop-oldest', 'drop-newest'];

/** @internal How many packets may wait, and what happens then. `Infinity`: any number. */
export interface Bound {
  readonly highWaterMark: number;
  readonly overflow: OverflowPolicy;
}

/** @internal The checked options of a consumer, and what has become of them. Consumers without options
 *  do without. */
export interface Limits extends Bound {
  readonly timeout: number | undefined;
  readonly signal: AbortSignalLike | undefined;
  /** Runs while a call waits. */
  timer?: unknown;
  onAbort?: () => void;
}

/** @internal Checks the argument once, when the consumer is created. */
export function parseConsumerOptions(argument: TimeoutOrOptions): Limits | undefined {
  if (argument === undefined || argument === null) return undefined;
  const options = typeof argument === 'number' ? { timeout: argument } : argument;
  const { timeout, highWaterMark = Number.POSITIVE_INFINITY, overflow = 'error', signal } = options;
  assertOption('timeout', (timeout ?? 0) >= 0, 'a number, 0 or more', timeout);
  assertOption('highWaterMark', highWaterMark >= 1, 'a number, 1 or more', highWaterMark);
  assertOption('overflow', policies.includes(overflow), policies.join(), overflow);
  return { timeout: timeout ?? undefined, highWaterMark, overflow, signal };
}

function assertOption(name: string, isValid: boolean, valid: string, value: unknown): void {
  if (!isValid) {
    throw new InvalidOptionsError(`The ${name} option must be ${valid}; it was ${String(value)}`);
  }
}
