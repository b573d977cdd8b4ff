/** When the work of a signal has to be done, by the clock of this process, in ms since the epoch. */
const deadlines = new WeakMap<object, number>();

/** Remembers a call's deadline with its signal, so that calls made with the signal have it, too. */
export function setDeadline(signal: AbortSignal, deadline: number): void {
  deadlines.set(signal, deadline);
}

/**
 * How long a call may take that is made with `signal`: until the deadline of the call that the signal is of, or for
 * `timeoutMs` if that is sooner. undefined, null and Infinity: for ever.
 */
export function timeoutWithin(
  signal: object | undefined,
  timeoutMs: number | null | undefined,
  now: number,
): number | undefined {
  const deadline = (signal && deadlines.get(signal)) ?? Number.POSITIVE_INFINITY;
  const result = Math.min(timeoutMs ?? Number.POSITIVE_INFINITY, Math.max(deadline - now, 1));
  return Number.isFinite(result) ? result : undefined;
}
