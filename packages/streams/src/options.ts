import { InvalidOptionsError } from '@asyngular/errors';
import { isDevelopment } from '@asyngular/errors/internal';

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
  /** Most packets that may wait in the backlog, 1 or more. Default: what `setDefaultHighWaterMark` set, and
   *  unbounded without it. A packet counts from its write on, also when a loop is already waiting for it. */
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

const unbounded: Bound = { highWaterMark: Infinity, overflow: 'error' };
let defaultBound: Bound | undefined;

/** Bounds every consumer that this process or page creates from now on without a `highWaterMark` of its own,
 *  `for await` loops included: most packets that may wait for it, 1 or more. `undefined`, the state at the
 *  start, means that backlogs are unbounded. What happens at the mark is `overflow`, by default `'error'`: the
 *  loop reads what waits, then rejects with a `BacklogLimitError`, and the consumer is removed.
 *  @throws InvalidOptionsError for values that make no sense */
export function setDefaultHighWaterMark(
  highWaterMark: number | undefined,
  overflow: OverflowPolicy = 'error',
): void {
  if (isDevelopment && highWaterMark !== undefined) assertBound(highWaterMark, overflow);
  defaultBound = highWaterMark === undefined ? undefined : { highWaterMark, overflow };
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
  if (argument === undefined || argument === null) {
    return defaultBound && { ...defaultBound, timeout: undefined, signal: undefined };
  }
  const options = typeof argument === 'number' ? { timeout: argument } : argument;
  const timeout = options.timeout ?? undefined;
  const bound = (options.highWaterMark === undefined && defaultBound) || unbounded;
  const { highWaterMark = bound.highWaterMark, overflow = bound.overflow } = options;
  if (isDevelopment) {
    assertOption('timeout', (timeout ?? 0) >= 0, 'a number, 0 or more', timeout);
    assertBound(highWaterMark, overflow);
  }
  return { timeout, highWaterMark, overflow, signal: options.signal };
}

function assertBound(highWaterMark: number, overflow: OverflowPolicy): void {
  assertOption('highWaterMark', highWaterMark >= 1, 'a number, 1 or more', highWaterMark);
  assertOption('overflow', policies.includes(overflow), policies.join(), overflow);
}

function assertOption(name: string, isValid: boolean, valid: string, value: unknown): void {
  if (!isValid) {
    throw new InvalidOptionsError(`The ${name} option must be ${valid}; it was ${String(value)}`);
  }
}
