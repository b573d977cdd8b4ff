import { createServer } from 'node:http';
import { redisBroker } from '@asyngular/broker-redis';
import express from 'express';
import { addFirstCards } from './first-cards.js';
import { attachKanban } from './kanban-server.js';
import { login } from './login.js';
import { pages } from './pages.js';

// One of the servers. They share the port, and Redis has what they have to know of each other.

const { PORT = '8000', REDIS_URL = 'redis://127.0.0.1:6379', AUTH_KEY = '' } = process.env;

const app = express().disable('x-powered-by');
const httpServer = createServer(app);
const server = attachKanban(httpServer, {
  broker: redisBroker({ url: REDIS_URL }),
  authKey: AUTH_KEY,
});
app.use(pages());
app.use(login(server));

await addFirstCards(server);
httpServer.listen(Number(PORT));
