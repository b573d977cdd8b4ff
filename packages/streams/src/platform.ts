/** The few host functions this package uses, looked up at call time so that fake timers work and
 *  no `lib` or `types` setting is forced upon whoever compiles against these declarations. */
interface Platform {
  setTimeout(callback: (argument: never) => void, delayMs?: number, argument?: unknown): unknown;
  clearTimeout(handle: unknown): void;
  setImmediate?(callback: () => void): unknown;
}

export const platform = globalThis as unknown as Platform;

/** Runs `callback` after `delayMs`, but does not keep the process running for it. */
export function afterDelay(delayMs: number, callback: () => void): void {
  // Node's timers are objects; those of browsers are numbers, and pages end anyway.
  const timer = platform.setTimeout(callback, delayMs) as { unref?(): void };
  timer.unref?.();
}

/** Runs `callback` after the current macrotask and all its microtasks. */
export function afterMacrotask(callback: () => void): void {
  (platform.setImmediate ?? platform.setTimeout)(callback);
}
