/** Questions in a row that a worker leaves open before its event loop counts as blocked. */
const QUESTIONS = 6;
/** After so many of them somebody hears of it. */
const QUESTIONS_BEFORE_WARNING = 3;

export interface WatchdogOptions {
  /** How long a worker may be blocked, in ms. */
  readonly blockedTimeout: number;
  /** Resolves with whether the worker has answered within so many ms. */
  ask(timeoutMs: number): Promise<boolean>;
  /** Half of the time is over. */
  onWarning(silentMs: number): void;
  onBlocked(): void;
}

/**
 * Asks a worker again and again whether its event loop turns, and says so when it does not. Counts questions rather
 * than time, so that a machine that slept, or a primary that was busy itself, makes no worker look blocked.
 */
export class Watchdog {
  readonly #options: WatchdogOptions;
  #timer: NodeJS.Timeout | undefined;
  #unanswered = 0;
  #isStopped = false;

  constructor(options: WatchdogOptions) {
    this.#options = options;
    this.#askLater();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  get #intervalMs(): number {
    return this.#options.blockedTimeout / QUESTIONS;
  }

  #askLater(): void {
    this.#timer = setTimeout(() => void this.#ask(), this.#intervalMs);
  }

  async #ask(): Promise<void> {
    const hasAnswered = await this.#options.ask(this.#intervalMs);
    if (this.#isStopped) return;
    if (hasAnswered) {
      this.#unanswered = 0;
      this.#askLater();
      return;
    }
    this.#unanswered++;
    if (this.#unanswered === QUESTIONS) {
      this.#options.onBlocked();
      return;
    }
    if (this.#unanswered === QUESTIONS_BEFORE_WARNING) {
      this.#options.onWarning(QUESTIONS_BEFORE_WARNING * this.#intervalMs);
    }
    // The time for an answer was the pause.
    void this.#ask();
  }
}
