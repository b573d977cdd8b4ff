import { create } from '@asyngular/client';
import { createHooks } from '../../src/index.js';
import type { PageApi } from './api.js';

const { port } = Object.fromEntries(new URLSearchParams(location.search));

/** Made outside of components, as applications do it. */
export const socket = create<PageApi>({
  hostname: 'localhost',
  port: Number(port),
  secure: false,
  autoReconnectOptions: { initialDelay: 10, randomness: 10, maxDelay: 100 },
});

export const {
  SocketProvider,
  useSocket,
  useConnection,
  useAuth,
  useChannel,
  useMessages,
  useLatest,
  usePresence,
  useStream,
  useReceiver,
  useProcedure,
} = createHooks<PageApi>();
