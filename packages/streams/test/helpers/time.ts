import { vi } from 'vitest';

/** Virtual time until the end of the scope: `using _time = useVirtualTime()`. */
export function useVirtualTime(): Disposable {
  vi.useFakeTimers();
  return { [Symbol.dispose]: () => vi.useRealTimers() };
}

/** A delay in virtual (or real) time. */
export function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Lets everything that needs microtasks only come to rest. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 12; turn++) await Promise.resolve();
}

/** The end of the current macrotask, in real time. */
export function nextMacrotask(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
