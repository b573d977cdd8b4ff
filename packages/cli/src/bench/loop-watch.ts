import { type EventLoopUtilization, monitorEventLoopDelay, performance } from 'node:perf_hooks';

const RESOLUTION_MS = 10;

/** How busy the event loop of this process is: a load generator that is late itself measures nothing. */
export class LoopWatch {
  readonly #delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  #before: EventLoopUtilization = performance.eventLoopUtilization();

  start(): void {
    this.#before = performance.eventLoopUtilization();
    this.#delays.reset();
    this.#delays.enable();
  }

  /** Since the last time. */
  read(): { lagMs: number; utilization: number } {
    const { utilization } = performance.eventLoopUtilization(this.#before);
    this.#before = performance.eventLoopUtilization();
    // The delays are those of a timer, its own period included.
    const lagMs = Math.max(0, this.#delays.max / 1e6 - RESOLUTION_MS);
    this.#delays.reset();
    return { lagMs: Number.isFinite(lagMs) ? lagMs : 0, utilization };
  }

  stop(): void {
    this.#delays.disable();
  }
}
