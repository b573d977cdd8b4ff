/** How long one piece of work may keep the event loop, in ms, before the sockets get their turn. */
const SLICE_MS = 1;
/** Looking at the clock costs, too. */
const STEPS_PER_LOOK = 64;

/** Work on many things that is spread over turns of the event loop, and how long it has kept the loop in all. */
export class Pace {
  /** Time of the event loop that was used, in ms. */
  usedMs = 0;
  #since = performance.now();
  #steps = 0;

  /** To be awaited if it returns a promise: the slice is used up. */
  step(): Promise<void> | undefined {
    if (++this.#steps % STEPS_PER_LOOK !== 0) return undefined;
    return performance.now() - this.#since < SLICE_MS ? undefined : this.pause();
  }

  /** Lets the sockets have their turn. */
  async pause(): Promise<void> {
    this.stop();
    await new Promise((resolve) => setImmediate(resolve));
    this.resume();
  }

  /** What was used until now, in ms. */
  read(): number {
    return this.usedMs + performance.now() - this.#since;
  }

  /** Something else is waited for, or nothing more is to be done. */
  stop(): void {
    this.usedMs += performance.now() - this.#since;
  }

  /** It goes on. */
  resume(): void {
    this.#since = performance.now();
  }
}
