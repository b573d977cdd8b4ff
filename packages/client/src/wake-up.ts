import type { Core } from './core.js';

/** How often the clock is compared. */
const TICK_MS = 10_000;
/** A tick this late means sleep. Background tabs fire timers once a minute, which must not count. */
const SLEEP_MS = 75_000;

/**
 * Tells, as far as the options want it, when the device is back and when the page is left: the
 * platform's own signs, and a gap in the monotonic clock for machines that sleep without saying so.
 * Returns the function that stops it.
 */
export function watchDevice(
  { platform, options }: Core,
  onWakeUp: () => void,
  onPageHide: () => void,
): () => void {
  const stops: (() => void)[] = [];
  let timer: unknown;

  function scheduleTick(): void {
    const tickedAt = platform.now();
    timer = platform.setTimeout(() => {
      const elapsedMs = platform.now() - tickedAt;
      scheduleTick();
      if (elapsedMs >= TICK_MS + SLEEP_MS) {
        onWakeUp();
      }
    }, TICK_MS);
  }

  if (options.probeOnWakeUp) {
    scheduleTick();
    stops.push(platform.watchWakeUp(onWakeUp), () => platform.clearTimeout(timer));
  }
  if (options.disconnectOnUnload) {
    stops.push(platform.watchPageHide(onPageHide));
  }
  return () => {
    for (const stop of stops) {
      stop();
    }
  };
}
