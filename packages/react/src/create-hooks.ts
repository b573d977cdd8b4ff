// biome-ignore-all lint/correctness/noComponentHookFactories: a module of the application calls the factory once.
'use client';

import { consume } from '@asyngular/client';
import { InvalidActionError } from '@asyngular/errors';
import type { AppContract } from '@asyngular/protocol';
import type { AGRequest } from '@asyngular/protocol/internal';
import { type Stores, storesOf } from '@asyngular/store';
import { createContext, createElement, useContext, useEffect } from 'react';
import type { Hooks } from './hooks.js';
import { useChannelStore, useEqual, useLatestCallback, useStore } from './use-store.js';

/**
 * Makes the hooks of an application, which carry the types of its contract: an interface, or `ClientApi<typeof contract>`.
 * Call it once, in a module of your own, and import the hooks from there. Each call has a context of its own, so that an
 * application with two servers calls it twice.
 */
export function createHooks<Contract extends AppContract = any>(): Hooks<Contract> {
  const Context = createContext<Stores | null>(null);

  function useStores(): Stores {
    const stores = useContext(Context);
    if (!stores) {
      throw new InvalidActionError(
        'There is no socket: render the component in <SocketProvider socket={socket}>, of the same createHooks()',
      );
    }
    return stores;
  }

  const hooks: Hooks = {
    SocketProvider: ({ socket, children }) =>
      createElement(Context.Provider, { value: storesOf(socket) }, children),

    useSocket: () => useStores().socket,

    useConnection() {
      const stores = useStores();
      const store = useEqual(() => stores.connection(), stores);
      return useStore(store, { connect: () => stores.socket.connect() });
    },

    useAuth() {
      const stores = useStores();
      const { socket } = stores;
      const store = useEqual(() => stores.auth(), stores);
      return useStore(store, {
        authenticate: (token: string) => socket.authenticate(token),
        deauthenticate: () => socket.deauthenticate(),
      });
    },

    useChannel(name, { onMessage, skip, ...options } = {}) {
      const stores = useStores();
      const used = skip ? null : name;
      const store = useEqual(() => stores.channel(used, options), stores, used, options);
      const latest = useLatestCallback(onMessage);
      const isRead = onMessage !== undefined;
      useEffect(
        () => (isRead ? store.read((...message) => latest.current?.(...message)) : undefined),
        [store, isRead, latest],
      );
      const { publish, retry, discard, closeGap } = store;
      return useChannelStore(store, { publish, retry, discard, closeGap });
    },

    useMessages(name, { skip, ...options } = {}) {
      const stores = useStores();
      const used = skip ? null : name;
      const { initial, ...compared } = options;
      const store = useEqual(() => stores.messages(used, options), stores, used, compared);
      const { publish, retry, discard, reload } = store;
      return useChannelStore(store, { publish, retry, discard, reload });
    },

    useLatest(name, { skip, ...options } = {}) {
      const stores = useStores();
      const used = skip ? null : name;
      const { initial, ...compared } = options;
      const store = useEqual(() => stores.latest(used, options), stores, used, compared);
      const { publish, retry, discard } = store;
      return useChannelStore(store, { publish, retry, discard });
    },

    usePresence(name, state, { skip, ...options } = {}) {
      const stores = useStores();
      const used = skip ? null : name;
      const open = () => stores.presence(used, state, options);
      const store = useEqual(open, stores, used, state, options);
      return useChannelStore(store, { update: store.update });
    },

    useStream(name, data, { skip, ...options } = {}) {
      const stores = useStores();
      const used = skip ? null : name;
      const open = () => stores.stream(used, data, options);
      const store = useEqual(open, stores, used, data, options);
      const { restart, cancel } = store;
      return useStore(store, { restart, cancel });
    },

    useReceiver(name, onMessage) {
      const { socket } = useStores();
      const latest = useLatestCallback(onMessage);
      useEffect(
        () => consume(socket.receiver(name), (data) => latest.current?.(data)),
        [socket, name, latest],
      );
    },

    useProcedure(name, answer) {
      const { socket } = useStores();
      const latest = useLatestCallback(answer);
      useEffect(
        () =>
          consume(socket.procedure(name), (request: AGRequest) => {
            // One call does not wait for another.
            respond(request, () => latest.current?.(request.data, request));
          }),
        [socket, name, latest],
      );
    },
  };
  return hooks as Hooks<Contract>;
}

async function respond(request: AGRequest, answer: () => unknown): Promise<void> {
  try {
    const result = await answer();
    if (!request.sent) request.end(result);
  } catch (error) {
    if (!request.sent) request.error(error);
  }
}
