/** How much of something is allowed: `perSecond` on average, `burst` at once (default: one second's worth). */
export interface RateLimit {
  perSecond: number;
  burst?: number;
}

/** What became of a request for tokens. */
export const TAKEN = 0;
/** Taken, and three quarters of the burst are used up, for the first time since it was half full. */
export const TAKEN_LOW = 1;
/** Refused. */
export const REFUSED = 2;

/** Counts down with use and refills with time; a number or two per bucket and no timer. */
export class TokenBucket {
  readonly #perMs: number;
  readonly #burst: number;
  #tokens: number;
  #atMs: number;
  #isLow = false;

  constructor({ perSecond, burst = perSecond }: RateLimit, nowMs: number) {
    this.#perMs = perSecond / 1_000;
    // Less than one token would refuse everything.
    this.#burst = Math.max(burst, 1);
    this.#tokens = this.#burst;
    this.#atMs = nowMs;
  }

  /** Nothing has been taken that has not come back: a new bucket would be the same. */
  isFull(nowMs: number): boolean {
    this.#refill(nowMs);
    return this.#tokens >= this.#burst;
  }

  take(count: number, nowMs: number): number {
    this.#refill(nowMs);
    if (this.#tokens < count) return REFUSED;
    this.#tokens -= count;
    if (this.#isLow || this.#tokens >= this.#burst / 4) return TAKEN;
    this.#isLow = true;
    return TAKEN_LOW;
  }

  #refill(nowMs: number): void {
    this.#tokens = Math.min(this.#burst, this.#tokens + (nowMs - this.#atMs) * this.#perMs);
    this.#atMs = nowMs;
    if (this.#tokens >= this.#burst / 2) this.#isLow = false;
  }
}
