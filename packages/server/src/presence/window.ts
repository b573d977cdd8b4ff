import type { Clock } from '../turns/clock.js';

/** Does work that is asked for often at most once per time: the first time at the end of the turn, then when it is due. */
export class Window {
  readonly #clock: Clock;
  readonly #ms: number;
  readonly #work: () => void;
  #ranAt = Number.NEGATIVE_INFINITY;
  #isWaiting = false;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, ms: number, work: () => void) {
    this.#clock = clock;
    this.#ms = ms;
    this.#work = work;
  }

  request(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    const waitMs = this.#ranAt + this.#ms - this.#clock.now();
    if (waitMs > 0) this.#cancel = this.#clock.after(waitMs, this.#run);
    else this.#clock.soon(this.#run);
  }

  /** Does it now if it was asked for. */
  flush(): void {
    this.#cancel?.();
    this.#run();
  }

  /** It is not done any more. */
  close(): void {
    this.#cancel?.();
    this.#isWaiting = false;
  }

  readonly #run = (): void => {
    if (!this.#isWaiting) return;
    this.#isWaiting = false;
    this.#cancel = undefined;
    this.#ranAt = this.#clock.now();
    this.#work();
  };
}
