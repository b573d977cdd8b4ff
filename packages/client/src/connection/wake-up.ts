import type { Context } from '../context.js';

/** How often the clock is compared. */
const TICK_MS = 10_000;
/** A tick this late means sleep. Background tabs fire timers once a minute, which must not count. */
const SLEEP_MS = 75_000;

/** What is reported about the surroundings of a socket. */
export interface DeviceListener {
  /** The device is back: online, visible, resumed, or awake. */
  onWakeUp(): void;
  /** The page is left, and may come back. */
  onPageHide(): void;
  /** Another tab changed the storage. */
  onStorageChange(key: string | null): void;
}

/**
 * Watches the surroundings as far as the options want it: when the device is back (the platform's own
 * signs, and a gap in a clock for machines that sleep without saying so), when the page is left, and what
 * other tabs do to the token. Returns the function that stops it.
 */
export function watchDevice(
  { platform, options }: Pick<Context, 'platform' | 'options'>,
  { onWakeUp, onPageHide, onStorageChange }: DeviceListener,
): () => void {
  const stops: (() => void)[] = [];
  let timer: unknown;

  function scheduleTick(): void {
    const clocks = readClocks();
    timer = platform.setTimeout(() => {
      const elapsedMs = readClocks().map((now, clock) => now - clocks[clock]!);
      scheduleTick();
      if (Math.max(...elapsedMs) >= TICK_MS + SLEEP_MS) {
        onWakeUp();
      }
    }, TICK_MS);
  }

  /**
   * During sleep the monotonic clock stands still on most systems, the wall clock on none. Somebody who sets
   * the wall clock forward causes a probe that was not needed, and no more than that.
   */
  function readClocks(): number[] {
    return [platform.now(), platform.wallNow()];
  }

  if (options.probeOnWakeUp) {
    scheduleTick();
    stops.push(platform.watchWakeUp(onWakeUp), () => platform.clearTimeout(timer));
  }
  if (options.disconnectOnUnload) {
    stops.push(platform.watchPageHide(onPageHide));
  }
  if (options.syncAuthTokens) {
    stops.push(platform.watchStorage(onStorageChange));
  }
  return () => {
    for (const stop of stops) {
      stop();
    }
  };
}
