import type { AbortSignalLike } from './options.js';

/** What hears of one signal. */
interface Listeners {
  readonly callbacks: Set<() => void>;
  readonly onAbort: () => void;
}

const listenersOf = new WeakMap<AbortSignalLike, Listeners>();

/**
 * Calls `callback` when `signal` aborts, until it is removed. All callbacks share one listener of the signal:
 * an application may pass one signal to everything that a page or a job does, and Node takes the eleventh
 * listener for a leak.
 */
export function addAbortListener(signal: AbortSignalLike, callback: () => void): void {
  let listeners = listenersOf.get(signal);
  if (!listeners) {
    const callbacks = new Set<() => void>();
    const onAbort = (): void => {
      for (const each of callbacks) each();
    };
    listeners = { callbacks, onAbort };
    listenersOf.set(signal, listeners);
    signal.addEventListener('abort', onAbort);
  }
  listeners.callbacks.add(callback);
}

/** The last callback takes the listener with it: a signal may outlive what used it by far. */
export function removeAbortListener(signal: AbortSignalLike, callback: () => void): void {
  const listeners = listenersOf.get(signal);
  if (!listeners?.callbacks.delete(callback) || listeners.callbacks.size > 0) return;
  listenersOf.delete(signal);
  signal.removeEventListener('abort', listeners.onAbort);
}
