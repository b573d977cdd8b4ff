import { createServer, type Server as HttpServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Broker, memoryBroker } from '@asyngular/broker';
import { nextEvent } from '@asyngular/test-utils/event';
import { listenOn } from '@asyngular/test-utils/ports';
import { RawClient } from '@asyngular/test-utils/raw-client';
import { within } from '@asyngular/test-utils/wait';
import { expect, it } from 'vitest';
import { attach, healthHandler, listen } from '../src/index.js';
import { onCleanup, until } from './support/server.js';

interface Reply {
  status: number;
  headers: Record<string, unknown>;
  body: string;
}

function ask(httpServer: HttpServer, path: string, method = 'GET'): Promise<Reply> {
  const { port } = httpServer.address() as AddressInfo;
  return within(
    'the answer',
    new Promise((resolve, reject) => {
      // A kept connection may be the one that close() has just cut.
      const options = { port, host: '127.0.0.1', path, method, agent: false };
      const call = request(options, (response) => {
        let body = '';
        response.on('data', (chunk) => (body += chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode!, headers: response.headers, body }),
        );
      });
      call.on('error', reject).end();
    }),
  );
}

/** A memory broker whose connection comes and goes. */
function movableBroker() {
  const inner = memoryBroker();
  const state = { status: 'connecting', connect: () => {} };
  const connected = new Promise<void>((resolve) => {
    state.connect = () => {
      state.status = 'connected';
      resolve();
    };
  });
  const broker = new Proxy(inner, {
    get: (target, key) => {
      if (key === 'status') return state.status;
      if (key === 'start') return () => connected;
      const value = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  }) as Broker;
  return { broker, state };
}

it('answers health checks on the HTTP server of listen()', async () => {
  const { broker, state } = movableBroker();
  const server = listen(0, { authKey: 'key', broker, health: true });
  const httpServer = server.httpServer!;
  onCleanup(() => httpServer.close());
  await nextEvent(httpServer, 'listening');
  expect((await ask(httpServer, '/readyz')).status).toBe(503);
  expect((await ask(httpServer, '/healthz')).status).toBe(200);
  state.connect();
  await until('the server to be ready', () => server.isReady);
  const ready = await ask(httpServer, '/readyz?from=balancer');
  expect(ready.status).toBe(200);
  expect(ready.headers).toMatchObject({
    'content-type': 'application/json',
    'cache-control': 'no-store',
  });
  expect(JSON.parse(ready.body)).toMatchObject({
    status: 'ok',
    isReady: true,
    clients: 0,
    pendingClients: 0,
    channels: 0,
    broker: { name: 'memory', node: broker.node, status: 'connected', queuedMessages: 0 },
  });
  state.status = 'connecting';
  const degraded = await ask(httpServer, '/readyz');
  expect([degraded.status, JSON.parse(degraded.body).status]).toEqual([503, 'degraded']);
  expect((await ask(httpServer, '/healthz')).status).toBe(200);
  expect(await ask(httpServer, '/healthz', 'HEAD')).toMatchObject({ status: 200, body: '' });
  expect(await ask(httpServer, '/healthz', 'POST')).toMatchObject({ status: 405 });
  expect((await ask(httpServer, '/')).status).toBe(501);
  await server.close();
  expect((await ask(httpServer, '/healthz')).status).toBe(503);
  expect(server.health().status).toBe('closed');
});

it('answers beside an application, on paths of its choice', async () => {
  const { broker, state } = movableBroker();
  const httpServer = createServer();
  const server = attach(httpServer, { authKey: 'key', broker });
  const answerHealth = healthHandler(server, {
    livePath: '/live',
    readyPath: '/ready',
    readyWithoutBroker: true,
  });
  httpServer.on('request', (req, response) => {
    if (!answerHealth(req, response)) response.end('application');
  });
  await listenOn(httpServer);
  onCleanup(async () => {
    await server.close();
    httpServer.close();
  });
  expect((await ask(httpServer, '/ready')).status).toBe(503);
  state.connect();
  await until('the server to be ready', () => server.isReady);
  state.status = 'connecting';
  expect((await ask(httpServer, '/ready')).status).toBe(200);
  expect((await ask(httpServer, '/live')).status).toBe(200);
  expect((await ask(httpServer, '/healthz')).body).toBe('application');
  // A call that is being answered keeps the server from closing at once.
  server.handle('slow', () => new Promise(() => {}));
  const { port } = httpServer.address() as AddressInfo;
  const client = new RawClient(`ws://127.0.0.1:${port}/asyngular/`);
  await client.handshake();
  client.send(client.call('slow'));
  await client.settled();
  const drained = server.drain({ spread: 0, timeout: 100 });
  expect(server.health()).toMatchObject({ status: 'draining', isReady: false });
  expect((await ask(httpServer, '/ready')).status).toBe(503);
  await drained;
});
