import type { FilledInOptions } from '@asyngular/errors/options';
import { MAX_TIMEOUT_MS } from '@asyngular/protocol/internal';

/** How automatic reconnection waits. Missing members take their default. */
export interface AutoReconnectOptions {
  /** Shortest first delay, ms. Default 1,000. */
  initialDelay?: number;
  /** Random part added to the first delay, ms. Default 1,000. */
  randomness?: number;
  /** Growth of the delay per failed attempt. Default 1.5. */
  multiplier?: number;
  /** No delay exceeds this, its random part included, ms. Default 60,000. */
  maxDelay?: number;
}

export const defaultAutoReconnectOptions: Readonly<FilledInOptions<AutoReconnectOptions>> = {
  initialDelay: 1_000,
  randomness: 1_000,
  multiplier: 1.5,
  maxDelay: 60_000,
};

/**
 * Delay before an attempt, ms. Uniform between `initialDelay·multiplierⁿ` and
 * `(initialDelay + randomness)·multiplierⁿ`; at the cap the whole range is scaled down rather than
 * cut, so that clients which failed together stay spread out. `initialDelay: 0` gives full jitter.
 * @param attempt automatic attempts since the last open connection, from 0
 * @param random uniform in [0, 1)
 */
export function reconnectDelay(
  attempt: number,
  options: Readonly<FilledInOptions<AutoReconnectOptions>>,
  random: number,
): number {
  const { initialDelay, randomness, multiplier, maxDelay } = options;
  const longest = initialDelay + randomness;
  const cap = Math.min(maxDelay, MAX_TIMEOUT_MS);
  const growth = Math.min(multiplier ** attempt, cap / longest);
  // Without any delay, growth has no meaning.
  return Math.round((initialDelay + random * randomness) * growth) || 0;
}
