import { type AGClientSocket, type ClientEvents, consume } from '@asyngular/client';

const names = [
  'connecting',
  'connect',
  'close',
  'authStateChange',
  'authenticate',
] as const satisfies readonly (keyof ClientEvents)[];

/** Something of the connection or of the token has changed. */
export type SocketEvent = {
  [Name in (typeof names)[number]]: { readonly type: Name; readonly payload: ClientEvents[Name] };
}[(typeof names)[number]];

/** The events of one socket for all of its stores; it is listened to while somebody watches. */
export interface SocketEvents {
  watch(watcher: (event: SocketEvent) => void): () => void;
}

export function createSocketEvents(socket: AGClientSocket): SocketEvents {
  const watchers = new Set<(event: SocketEvent) => void>();
  let stop: (() => void)[] = [];

  function announce(event: SocketEvent): void {
    for (const watcher of [...watchers]) {
      watcher(event);
    }
  }

  return {
    watch(watcher) {
      if (watchers.size === 0) {
        stop = names.map((type) =>
          consume(socket.listener(type), (payload) => announce({ type, payload } as SocketEvent)),
        );
      }
      watchers.add(watcher);
      return () => {
        watchers.delete(watcher);
        if (watchers.size === 0) {
          for (const end of stop) end();
        }
      };
    },
  };
}
