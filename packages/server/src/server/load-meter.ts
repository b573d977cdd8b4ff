import { type EventLoopUtilization, performance } from 'node:perf_hooks';

/** Over less than this, in ms, a measurement says nothing. */
const LEAST_MS = 100;

/** How busy this thread is. */
export class LoadMeter {
  #since: EventLoopUtilization = performance.eventLoopUtilization();
  #load = 0;

  /** The part of the time since it was asked last in which the event loop was busy, 0 to 1. */
  take(): number {
    const now = performance.eventLoopUtilization();
    const { active, idle, utilization } = performance.eventLoopUtilization(now, this.#since);
    if (active + idle < LEAST_MS) return this.#load;
    this.#since = now;
    this.#load = Math.round(utilization * 1_000) / 1_000;
    return this.#load;
  }
}
