import type { Server } from 'node:http';
import { attach } from '@asyngular/server';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';

export function start(port: number) {
  const app = new Hono();
  // HTTP/1 by default, which WebSockets need.
  const httpServer = serve({ fetch: app.fetch, port }) as Server;
  const server = attach(httpServer);

  app.get('/', (context) => context.text('Hello from Hono'));
  app.post('/news', async (context) => {
    server.exchange.transmitPublish('news', await context.req.text());
    return context.body(null, 202);
  });
  server.handle('greet', (name: string) => `Hello, ${name}`);

  return { httpServer, server };
}
