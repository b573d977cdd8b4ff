import type { Platform, WakeUpReason } from './platform/platform.js';

/** How often the clock is compared. */
const TICK_MS = 10_000;
/** A tick this late means sleep. Background tabs fire timers once a minute, which must not count. */
const SLEEP_MS = 75_000;

/**
 * Tells when the device is back: the platform's own signs, and a gap in the monotonic clock for
 * machines that sleep without saying so. Returns the function that stops it.
 */
export function watchWakeUp(
  platform: Platform,
  listener: (reason: WakeUpReason) => void,
): () => void {
  const stopWatching = platform.watchWakeUp(listener);
  let timer: unknown;

  function scheduleTick(): void {
    const tickedAt = platform.now();
    timer = platform.setTimeout(() => {
      const elapsedMs = platform.now() - tickedAt;
      scheduleTick();
      if (elapsedMs >= TICK_MS + SLEEP_MS) {
        listener('resume');
      }
    }, TICK_MS);
  }

  scheduleTick();
  return () => {
    stopWatching();
    platform.clearTimeout(timer);
  };
}
