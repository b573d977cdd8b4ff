import { createServer } from 'node:http';
import { contract } from '@asyngular/contract';
import { type AGServer, type AGServerOptions, listen } from '@asyngular/server';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import { closeServer, listenOn } from '@asyngular/test-utils/ports';
import { until } from '@asyngular/test-utils/wait';
import { z } from 'zod';
import { type InspectorOptions, inspector } from '../../src/index.js';
import { type CrowdClient, CrowdEngine } from './crowd.js';

const names = ['ann', 'ben', 'cleo', 'dora', 'emil', 'fay', 'gus', 'hana', 'ivo', 'juno'];

const api = contract({
  channels: {
    'room:{id}': z.object({
      text: z.string().max(200),
      from: z.string(),
      mood: z.enum(['calm', 'keen', 'cross']).optional(),
      urgent: z.boolean(),
    }),
    news: z.object({ headline: z.string() }),
    'cursor:{id}': z.object({ x: z.number(), y: z.number() }),
  },
});

export interface Scene {
  readonly server: AGServer;
  readonly clients: readonly CrowdClient[];
  readonly url: string;
  /** Everybody says something: about so many publications at once. */
  talk(count: number): void;
}

/** A server with a crowd of clients in rooms, and its inspector. */
export async function startScene(
  count: number,
  options: Partial<InspectorOptions> = {},
  more: AGServerOptions = {},
): Promise<Scene> {
  const engine = new CrowdEngine();
  const server = listen(0, {
    authKey: 'key',
    logger: 'silent',
    maxPendingClients: 0,
    pingTimeoutDisabled: true,
    contract: api,
    userId: (socket) => socket.authToken?.sub,
    channels: { 'room:*': { history: { size: 20 }, presence: true } },
    wsEngine: { createListeningEngine: () => engine },
    ...more,
  });
  onCleanup(() => server.close());
  const httpServer = createServer();
  const { path } = inspector(server, {
    authorize: () => ({ name: 'ann' }),
    httpServer,
    ...options,
  });
  const port = await listenOn(httpServer);
  onCleanup(async () => {
    httpServer.closeAllConnections();
    await closeServer(httpServer);
  });
  const tokens = await Promise.all(
    Array.from({ length: Math.min(count, 400) }, (_, place) =>
      server.signToken({ sub: `${names[place % names.length]}-${place}` }),
    ),
  );
  const clients = await engine.connect(count, server.getPath(), (place) =>
    // Some have not logged in.
    place % 5 === 0 ? null : tokens[place % tokens.length]!,
  );
  await until(
    'the clients',
    () => server.clientsCount === count,
    () => server.clientsCount,
  );
  for (const [place, client] of clients.entries()) {
    client.call('#subscribe', { channel: 'news' });
    client.call('#subscribe', { channel: `room:${place % 180}` });
    if (place % 3 === 0) client.call('#subscribe', { channel: `cursor:${place % 40}` });
  }
  await until('the subscriptions', () => server.stats().channels > Math.min(count, 180));
  let turn = 0;
  return {
    server,
    clients,
    url: `http://127.0.0.1:${port}${path}`,
    talk(times) {
      for (let time = 0; time < times; time++) {
        turn++;
        const id = (turn * 7) % 180;
        server.exchange.transmitPublish(`room:${id}`, {
          text: `Shall we meet at ${turn % 12}?`,
          from: names[turn % names.length],
          urgent: turn % 9 === 0,
        });
      }
    },
  };
}
