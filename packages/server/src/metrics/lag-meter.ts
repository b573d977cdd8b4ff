import { performance } from 'node:perf_hooks';
import { DurationHistogram } from './histogram.js';

/** Between two measurements, in ms: a turn that takes as long is noticed for certain, shorter ones by chance. */
const INTERVAL_MS = 100;

/** The time that lag is measured with. */
export interface LagClock {
  /** Monotonic, in ms. */
  now(): number;
  /** Calls `work` in so many ms, without keeping the process alive. The result cancels it. */
  after(ms: number, work: () => void): () => void;
}

const processClock: LagClock = {
  now: () => performance.now(),
  after(ms, work) {
    const timer = setTimeout(work, ms).unref();
    return () => clearTimeout(timer);
  },
};

/** Measures how much later than due the event loop gets to its timers: how long everything waits that arrives. */
export class LagMeter {
  readonly durations = new DurationHistogram();
  readonly #clock: LagClock;
  #stop: (() => void) | undefined;

  constructor(clock: LagClock = processClock) {
    this.#clock = clock;
  }

  /** Measures from now on, if it does not yet. */
  start(): void {
    if (this.#stop === undefined) this.#wait();
  }

  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  /** How long the event loop has been busy since it began, in ms. */
  get busyMs(): number {
    return performance.eventLoopUtilization().active;
  }

  #wait(): void {
    const dueAt = this.#clock.now() + INTERVAL_MS;
    this.#stop = this.#clock.after(INTERVAL_MS, () => {
      this.durations.add(Math.max(0, this.#clock.now() - dueAt));
      this.#wait();
    });
  }
}
