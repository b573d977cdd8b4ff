import type { Server as HttpServer } from 'node:http';
import type { Broker } from '@asyngular/broker';
import type { ServerApi } from '@asyngular/contract';
import { type AGServer, type AGServerSocket, attach } from '@asyngular/server';
import { HISTORY_SIZE } from '../shared/channel.js';
import { kanban, type Person } from '../shared/kanban-contract.js';
import { type User, userOf } from './login.js';

type KanbanApi = ServerApi<typeof kanban> & {
  authToken: User;
  socketData: { user: User };
};

export type KanbanServer = AGServer<KanbanApi>;
type KanbanSocket = AGServerSocket<KanbanApi>;

const TWO_WEEKS_MS = 14 * 24 * 60 * 60_000;

/** Adds the board to an HTTP server. Anyone who has logged in may see it and change it. */
export function attachKanban(
  httpServer: HttpServer,
  { broker, authKey }: { broker: Broker; authKey: string },
): KanbanServer {
  const server: KanbanServer = attach<KanbanApi>(httpServer, {
    contract: kanban,
    broker,
    authKey,
    maxPayload: 16 * 1024,
    userId: ({ data }) => data.user?.id,
    channels: {
      'board:*': {
        history: { size: HISTORY_SIZE, ttl: TWO_WEEKS_MS },
        rewind: HISTORY_SIZE,
        presence: { accept: showPerson },
      },
    },
  });
  server.handle('whereAmI', () => ({ pid: process.pid }));

  // The request of the upgrade brings the page's cookie.
  server.use('handshake', async (action) => {
    if (action.type !== 'handshakeAG') return;
    const user = await userOf(server, action.request);
    if (user) action.socket.data.user = user;
    else action.block(new Error('Please log in.'));
  });
  server.use('inbound', (action) => {
    if (action.type !== 'publishIn') return;
    action.allow({ data: { ...action.data, by: nameOf(action.socket), at: Date.now() } });
  });
  return server;
}

/** The name is the server's word; the rest is the page's. */
function showPerson(socket: KanbanSocket, state: Person): Person {
  return { ...state, name: nameOf(socket) };
}

/** Nobody is connected who has not logged in. */
function nameOf({ data }: KanbanSocket): string {
  return data.user!.name;
}
