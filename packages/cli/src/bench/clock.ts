// The monotonic clock of the system has the same origin in all processes of a machine; performance.now() has not, and
// costs less to read.
const originMs = Number(process.hrtime.bigint()) / 1e6 - performance.now();

/** Time in ms that all processes on this machine agree about. */
export function monotonicMs(): number {
  return originMs + performance.now();
}

/**
 * Waits for a time of that clock. Not exactly: what is due is done by a loop that looks at the clock. The wait does not keep
 * the process running; the intervals of its reports do, until they are cleared.
 */
export function sleepUntil(time: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, Math.max(0, time - monotonicMs())).unref();
  });
}
