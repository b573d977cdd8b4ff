import { vi } from 'vitest';
import { onCleanup } from './cleanup.js';

/**
 * From here to the end of the test, timers and clocks move only by `pass()`. Sockets and `setImmediate`
 * go on, and so do the deadlines of wait.ts. Call it after a server has been started, so that the server
 * is closed in real time.
 */
export function stopTime(): void {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'],
  });
  onCleanup(() => vi.useRealTimers());
}

/** Lets `ms` pass, with the promises that follow from it; by default a few round trips of a fake peer. */
export async function pass(ms = 10): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
  // Loops wake a few microtasks after the packet that wakes them.
  await vi.advanceTimersByTimeAsync(0);
}

/** Keeps this thread busy: nothing is read, and no timer fires, for `ms` of real time. */
export function blockFor(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
