/** A worker that was ready for this long has not failed because of how it was started. */
export const STABLE_MS = 60_000;

export interface RestartDelays {
  /** Of the first failure, in ms. */
  readonly restartDelay: number;
  /** The longest, in ms. */
  readonly maxRestartDelay: number;
}

/**
 * How long a worker stays away that has failed so many times in a row, in ms: twice as long as the time before, up to
 * the longest. Up to half of it is left to chance, so that workers that fail together do not come back together.
 */
export function restartDelayMs(
  failures: number,
  { restartDelay, maxRestartDelay }: RestartDelays,
  random: () => number,
): number {
  const longest = Math.min(maxRestartDelay, restartDelay * 2 ** Math.max(0, failures - 1));
  return Math.round(longest * (1 - random() / 2));
}
