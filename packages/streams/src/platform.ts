/** The few functions of the host that this package uses. They are looked up at call time, so that fake timers
 *  work, and declared here, so that compiling against this package needs no particular `lib` or `types`. */
interface Platform {
  setTimeout(callback: (argument: never) => void, delayMs?: number, argument?: unknown): unknown;
  clearTimeout(handle: unknown): void;
  setImmediate?(callback: () => void): unknown;
}

export const platform = globalThis as unknown as Platform;

/** Runs `callback` after `delayMs`, but does not keep the process running for it. */
export function afterDelay(delayMs: number, callback: () => void): void {
  // Node's timers are objects with this method; in browsers they are numbers, and nothing has to be kept open.
  const timer = platform.setTimeout(callback, delayMs) as { unref?(): void };
  timer.unref?.();
}

/** Runs `callback` after the current macrotask and all its microtasks. */
export function afterMacrotask(callback: () => void): void {
  // Not by way of `platform`, so that a bundle for pages, which have no such function, can leave it out.
  ((globalThis as unknown as Platform).setImmediate ?? platform.setTimeout)(callback);
}
