// An ordinary server: nothing here knows of workers.
import { listen } from '@asyngular/server';

const server = listen(Number(process.argv[2] ?? 0), {
  channels: {
    'room:*': { history: { size: 5_000 }, presence: true },
    'last:*': { history: { size: 5_000 }, rewind: 1_000 },
  },
  health: true,
  ...(process.env.METRICS_PORT && { metrics: { port: Number(process.env.METRICS_PORT) } }),
});
server.handle('whereAmI', () => process.pid);
server.handle('logIn', async (name, { socket }) => {
  await socket.setAuthToken({ name });
});
server.handle('whoAmI', (_data, { socket }) => socket.authToken?.name);
server.handle('wait', (ms) => new Promise((resolve) => setTimeout(resolve, ms, process.pid)));
server.handle('block', () => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});
server.handle('fail', () => {
  setImmediate(() => {
    throw new Error('asked to fail');
  });
});
