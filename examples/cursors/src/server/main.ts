import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { attach } from '@asyngular/server';
import { type CursorsApi, readCursor } from '../shared/cursors-api.js';
import { servePage } from './serve-page.js';

const httpServer = createServer(await servePage());
const server = attach<CursorsApi>(httpServer, {
  channels: { board: { presence: { accept: (_socket, state) => readCursor(state) } } },
});

httpServer.once('error', (error) => {
  console.error(`${error.message}; choose another port with PORT`);
  process.exit(1);
});
httpServer.listen(Number(process.env.PORT ?? 8000), () => {
  const { port } = httpServer.address() as AddressInfo;
  console.log(`The board is open: http://localhost:${port}/`);
});
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    await server.close();
    process.exit(0);
  });
}
