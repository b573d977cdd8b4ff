import type { Platform, WakeUpReason } from './platform/platform.js';

/** How often the clock is compared. */
const TICK_MS = 10_000;
/** A tick this late means sleep. Background tabs fire timers once a minute, which must not count. */
const SLEEP_MS = 75_000;

/**
 * Tells when the device is back: the platform's own signs, and a gap in the monotonic clock for
 * machines that sleep without saying so. Active between `start()` and `stop()`; both may be repeated.
 */
export class WakeUp {
  readonly #platform: Platform;
  readonly #listener: (reason: WakeUpReason) => void;
  #stopWatching: (() => void) | undefined;
  #timer: unknown;
  #tickedAt = 0;

  constructor(platform: Platform, listener: (reason: WakeUpReason) => void) {
    this.#platform = platform;
    this.#listener = listener;
  }

  start(): void {
    if (!this.#stopWatching) {
      this.#stopWatching = this.#platform.watchWakeUp(this.#listener);
      this.#scheduleTick();
    }
  }

  stop(): void {
    this.#stopWatching?.();
    this.#stopWatching = undefined;
    this.#platform.clearTimeout(this.#timer);
  }

  #scheduleTick(): void {
    this.#tickedAt = this.#platform.now();
    this.#timer = this.#platform.setTimeout(() => this.#tick(), TICK_MS);
  }

  #tick(): void {
    const elapsed = this.#platform.now() - this.#tickedAt;
    this.#scheduleTick();
    if (elapsed >= TICK_MS + SLEEP_MS) {
      this.#listener('resume');
    }
  }
}
