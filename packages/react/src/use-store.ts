'use client';

import { keyOf, type Store } from '@asyngular/store';
import {
  useEffect,
  useInsertionEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';

/** What a value made of these arguments is; the same one while they are equal. */
export function useEqual<Value>(make: () => Value, owner: object, ...arguments_: unknown[]): Value {
  const key = keyOf(arguments_);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for what `make` closes over.
  return useMemo(make, [owner, key]);
}

/** The function of the latest rendering, under an identity that stays. */
export function useLatestCallback<Args extends unknown[], Result>(
  callback: ((...args: Args) => Result) | undefined,
): { readonly current: ((...args: Args) => Result) | undefined } {
  const latest = useRef(callback);
  // Before all other effects, and without the warning of a layout effect on a server.
  useInsertionEffect(() => {
    latest.current = callback;
  });
  return latest;
}

/** A store's snapshot with its functions; the same object until the snapshot changes. */
export function useStore<Snapshot extends object, Actions extends object>(
  store: Store<Snapshot>,
  actions: Actions,
): Snapshot & Actions {
  const snapshot = useSyncExternalStore(
    store.subscribe,
    store.getSnapshot,
    store.getServerSnapshot,
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: the functions belong to the store, and change with it.
  return useMemo(() => ({ ...snapshot, ...actions }), [snapshot, store]);
}

interface Refusable {
  readonly status: string;
  readonly error: Error | null;
}

/**
 * The same of a channel. Who never reads `error` would show a channel that the server has refused as an empty one: then
 * the error is thrown to the nearest error boundary.
 */
export function useChannelStore<Snapshot extends Refusable, Actions extends object>(
  store: Store<Snapshot>,
  actions: Actions,
): Snapshot & Actions {
  const result = useStore(store, actions);
  const isRead = useRef(false);
  const [, setState] = useState<null>(null);
  const { status } = result;
  useEffect(() => {
    // As it is now: subscribing may just have asked again.
    const { status: now, error } = store.getSnapshot();
    if (status === 'refused' && now === status && !isRead.current) {
      setState(() => {
        throw error;
      });
    }
  }, [store, status]);
  return useMemo(() => watched(result, () => (isRead.current = true)), [result]);
}

/** A copy that tells when its error is read. */
function watched<Result extends Refusable>(result: Result, onRead: () => void): Result {
  return Object.defineProperty({ ...result }, 'error', {
    enumerable: true,
    get() {
      onRead();
      return result.error;
    },
  });
}
