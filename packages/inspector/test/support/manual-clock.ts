import type { Clock } from '../../src/clock.js';

/** A time that only the test moves. */
export class ManualClock implements Clock {
  #now = 1_000_000;
  readonly #waiting = new Set<{ at: number; work: () => void }>();

  now(): number {
    return this.#now;
  }

  wallNow(): number {
    return this.#now;
  }

  after(ms: number, work: () => void): () => void {
    const entry = { at: this.#now + ms, work };
    this.#waiting.add(entry);
    return () => this.#waiting.delete(entry);
  }

  pass(ms: number): void {
    const until = this.#now + ms;
    for (;;) {
      const [next] = [...this.#waiting].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#waiting.delete(next);
      this.#now = next.at;
      next.work();
    }
    this.#now = until;
  }
}
