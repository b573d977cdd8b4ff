import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { attach } from '@asyngular/server';

/** What is used of the object that `next(options)` returns. */
interface NextApp {
  prepare(): Promise<void>;
  getRequestHandler(): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
}

/** `start(3000, (options) => next({ dev: true, ...options }))` */
export async function start(port: number, next: (options: { httpServer: Server }) => NextApp) {
  // Next takes over the upgrades of the server it is given (hot reloading). This one never listens:
  // it is handed the upgrades that are not ours.
  const nextUpgrades = createServer();
  const app = next({ httpServer: nextUpgrades });
  await app.prepare();

  const httpServer = createServer(app.getRequestHandler());
  const server = attach(httpServer);
  httpServer.on('upgrade', (request, socket, head) => {
    if (request.url?.split('?')[0] === server.getPath()) return;
    if (!nextUpgrades.emit('upgrade', request, socket, head)) socket.destroy();
  });
  server.handle('greet', (name: string) => `Hello, ${name}`);

  httpServer.listen(port);
  return { httpServer, server };
}
