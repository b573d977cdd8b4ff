import type { Core } from './core.js';
import type { WakeUpReason } from './platform/platform.js';

/** How often the clock is compared. */
const TICK_MS = 10_000;
/** A tick this late means sleep. Background tabs fire timers once a minute, which must not count. */
const SLEEP_MS = 75_000;

/**
 * Tells when the device is back: the platform's own signs, and a gap in the monotonic clock for
 * machines that sleep without saying so. Active between `start()` and `stop()`; both may be repeated.
 */
export class WakeUp {
  readonly #core: Core;
  readonly #listener: (reason: WakeUpReason) => void;
  #stopWatching: (() => void) | undefined;
  #timer: unknown;
  #tickedAt = 0;

  constructor(core: Core, listener: (reason: WakeUpReason) => void) {
    this.#core = core;
    this.#listener = listener;
  }

  start(): void {
    if (!this.#stopWatching) {
      this.#stopWatching = this.#core.platform.watchWakeUp(this.#listener);
      this.#scheduleTick();
    }
  }

  stop(): void {
    this.#stopWatching?.();
    this.#stopWatching = undefined;
    this.#core.platform.clearTimeout(this.#timer);
  }

  #scheduleTick(): void {
    this.#tickedAt = this.#core.platform.now();
    this.#timer = this.#core.platform.setTimeout(() => this.#tick(), TICK_MS);
  }

  #tick(): void {
    const elapsed = this.#core.platform.now() - this.#tickedAt;
    this.#scheduleTick();
    if (elapsed >= TICK_MS + SLEEP_MS) {
      this.#listener('resume');
    }
  }
}
