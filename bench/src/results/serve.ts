// A server whose procedures answer with streams, in a process of its own.
import { once } from 'node:events';
import { listen } from '@asyngular/server';

const server = listen(0, { authKey: 'bench', logger: false });

const item = { id: 1_764_350, from: 'ada@example.com', text: 'Is anybody here this evening?' };

server.handle('items', async function* (count: number) {
  for (let sent = 0; sent < count; sent++) yield item;
});

server.handle('idle', async function* () {
  yield 0;
  await new Promise(() => {});
});

process.on('message', () => {
  globalThis.gc?.();
  globalThis.gc?.();
  process.send?.({ heap: process.memoryUsage().heapUsed });
});

await once(server.httpServer!, 'listening');
process.send?.({ port: server.port });
