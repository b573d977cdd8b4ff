import type { Clock } from '../turns/clock.js';

/** Stamps within one millisecond before they run ahead of the clock. */
const TICKS_PER_MS = 1_024;

/** No stamp is larger: the clocks of servers get there in 2109, and there is as much room again for counting. */
export const MAX_STAMP = 2 ** 52;

/**
 * Says which of two states is the newer one, on whichever servers they were made: a stamp is larger than every stamp
 * that its server had made or seen before. As long as clocks are right it is also about the time, so that states which
 * know nothing of each other come in the order in which they were made. See Kulkarni et al., "Logical Physical Clocks".
 */
export class HybridClock {
  readonly #clock: Clock;
  #last = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  next(): number {
    this.#last = Math.max(this.#last + 1, Math.floor(this.#clock.wallNow()) * TICKS_PER_MS);
    return this.#last;
  }

  /** A stamp of another server was seen. */
  observe(stamp: number): void {
    if (stamp > this.#last) this.#last = stamp;
  }
}
