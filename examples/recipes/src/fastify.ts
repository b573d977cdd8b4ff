import { attach } from '@asyngular/server';
import fastify from 'fastify';

export async function start(port: number) {
  const app = fastify();
  const server = attach(app.server);
  // Fastify waits for open connections when it closes; ours end first.
  app.addHook('preClose', () => server.close());

  app.get('/', () => 'Hello from Fastify');
  app.post('/news', (request, reply) => {
    server.exchange.transmitPublish('news', request.body);
    reply.code(202).send();
  });
  server.handle('greet', (name: string) => `Hello, ${name}`);

  await app.listen({ port });
  return { app, httpServer: app.server, server };
}
