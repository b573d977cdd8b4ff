import { createServer } from 'node:http';
import { attach } from '@asyngular/server';

export function start(port: number) {
  const httpServer = createServer((_request, response) => {
    response.end('Hello from node:http');
  });
  const server = attach(httpServer);
  server.handle('greet', (name: string) => `Hello, ${name}`);

  httpServer.listen(port);
  return { httpServer, server };
}
