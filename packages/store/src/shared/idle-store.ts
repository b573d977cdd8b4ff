import type { Store } from './store.js';

export function doNothing(): void {}

/** A store in which nothing ever changes. */
export function idleStore<Snapshot>(snapshot: Snapshot): Store<Snapshot> {
  return {
    subscribe: () => doNothing,
    getSnapshot: () => snapshot,
    getServerSnapshot: () => snapshot,
  };
}
