import type { AGClientSocket } from '@asyngular/client';
import { type Store, storesOf } from '@asyngular/store';
import { computed, onMounted, readonly, shallowRef, watch } from 'vue';

/** The snapshot of a store, while the component is shown. `open` is called again when what it reads has changed. */
export function useStore<Snapshot>(open: () => Store<Snapshot>) {
  const store = computed(open);
  const snapshot = shallowRef(store.value.getServerSnapshot());
  // Not while a server renders.
  onMounted(() => {
    const follow = (
      now: Store<Snapshot>,
      _before: unknown,
      onCleanup: (end: () => void) => void,
    ) => {
      const show = () => {
        snapshot.value = now.getSnapshot();
      };
      onCleanup(now.subscribe(show));
      show();
    };
    watch(store, follow, { immediate: true });
  });
  return readonly(snapshot);
}

/** What was published in a room, for a component's `setup`. */
export function useRoom(socket: AGClientSocket, name: () => string) {
  const open = () => storesOf(socket).messages(name(), { rewind: 50 });
  return { room: useStore(open), publish: (text: string) => open().publish(text) };
}
