import { createServer } from 'node:http';
import { basicAuth, inspector } from '@asyngular/inspector';
import { attach } from '@asyngular/server';
import express from 'express';

export function start(port: number, password: string | undefined) {
  const app = express();
  const httpServer = createServer(app);
  const server = attach(httpServer);
  // Behind createServer(app): requests below /_asyngular/ do not reach the routes, all others do.
  inspector(server, { authorize: basicAuth({ admin: password }) });

  app.get('/', (_request, response) => {
    response.send('Hello from Express');
  });

  httpServer.listen(port);
  return { httpServer, server };
}
