import { vi } from 'vitest';
import { onCleanup } from './server.js';

/**
 * From here to the end of the test, timers and clocks move only by `pass()`. Sockets and `setImmediate`
 * go on. Call it after `startServer()`, so that the server is closed in real time.
 */
export function stopTime(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
  onCleanup(() => vi.useRealTimers());
}

/** Lets `ms` pass, with the promises that follow from it. */
export async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}
