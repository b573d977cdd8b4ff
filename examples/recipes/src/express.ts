import { createServer } from 'node:http';
import { attach } from '@asyngular/server';
import express from 'express';

export function start(port: number) {
  const app = express();
  const httpServer = createServer(app);
  const server = attach(httpServer);

  app.get('/', (_request, response) => {
    response.send('Hello from Express');
  });
  // A route may publish: every client that is subscribed to `news` gets it.
  app.post('/news', express.text(), (request, response) => {
    server.exchange.transmitPublish('news', request.body);
    response.sendStatus(202);
  });
  server.handle('greet', (name: string) => `Hello, ${name}`);

  httpServer.listen(port);
  return { httpServer, server };
}
