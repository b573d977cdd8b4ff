import type { Timing } from '../../src/index.js';

/** Frames and waits that happen when a test says so. */
export class FakeTiming implements Timing {
  #now = 0;
  #frames: (() => void)[] = [];
  #waits = new Set<{ at: number; callback: () => void }>();

  frame(callback: () => void): void {
    this.#frames.push(callback);
  }

  delay(callback: () => void, ms: number): () => void {
    const wait = { at: this.#now + ms, callback };
    this.#waits.add(wait);
    return () => this.#waits.delete(wait);
  }

  now(): number {
    return this.#now;
  }

  /** Draws one frame. */
  draw(): void {
    const frames = this.#frames;
    this.#frames = [];
    for (const frame of frames) frame();
  }

  pass(ms: number): void {
    this.#now += ms;
    const due = [...this.#waits].filter(({ at }) => at <= this.#now).sort((a, b) => a.at - b.at);
    for (const wait of due) {
      this.#waits.delete(wait);
      wait.callback();
    }
  }
}
