const FIRST_DELAY_MS = 20;
const LONGEST_DELAY_MS = 2_000;

/** The pause before an attempt to connect, in ms: doubled each time, and shortened at random by up to a half. */
export function retryDelayMs(attempt: number, random = Math.random()): number {
  const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(attempt, 10));
  return longest * (1 - random / 2);
}
