import type { AGClientSocket } from '@asyngular/client';
import { type Store, storesOf } from '@asyngular/store';
import { createSubscriber } from 'svelte/reactivity';

/** The snapshot of a store as `current`, while an effect or a component reads it. */
export function fromStore<Snapshot>(store: Store<Snapshot>) {
  const subscribe = createSubscriber((update) => store.subscribe(update));
  return {
    get current(): Snapshot {
      subscribe();
      return store.getSnapshot();
    },
  };
}

/** What was published in a room: `const room = $derived(openRoom(socket, name))`, then `room.snapshot.current.messages`. */
export function openRoom(socket: AGClientSocket, name: string) {
  const store = storesOf(socket).messages(name, { rewind: 50 });
  return { snapshot: fromStore(store), publish: store.publish };
}
