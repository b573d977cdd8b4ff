import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import * as customServer from '../src/custom-server.js';
import * as express from '../src/express.js';
import * as fastify from '../src/fastify.js';
import * as hono from '../src/hono.js';
import * as nodeHttp from '../src/node-http.js';
import {
  connect,
  DEADLINE_MS,
  echoed,
  echoOn,
  type Recipe,
  running,
  subscribe,
} from './support.js';

/** Does with its HTTP server what `next()` does: answers requests, and upgrades on a path of its own. */
function fakeNext({ httpServer }: { httpServer: Server }) {
  return {
    prepare: async () => echoOn(httpServer, '/_next/hmr'),
    getRequestHandler: () => async (_request: IncomingMessage, response: ServerResponse) => {
      response.end('Hello from Next');
    },
  };
}

const recipes: Record<string, (port: number) => Recipe | Promise<Recipe>> = {
  'node:http': nodeHttp.start,
  Express: express.start,
  Fastify: fastify.start,
  Hono: hono.start,
  Next: (port) => customServer.start(port, fakeNext),
};

describe.each(Object.entries(recipes))('%s', (name, start) => {
  it('answers requests, calls and upgrades of other paths on one port', async () => {
    const recipe = await start(0);
    const port = await running(recipe);

    const response = await fetch(`http://localhost:${port}/`);
    expect(await response.text()).toBe(`Hello from ${name}`);
    expect(await connect(port).invoke('greet', 'Ada')).toBe('Hello, Ada');

    if (name !== 'Next') echoOn(recipe.httpServer, '/_next/hmr');
    expect(await echoed(`ws://localhost:${port}/_next/hmr`, 'still here')).toBe('still here');
  });
});

describe.each(['Express', 'Fastify', 'Hono'])('%s', (name) => {
  it('publishes from a route', async () => {
    const port = await running(await recipes[name]!(0));
    const news = await subscribe(connect(port), 'news');

    const body = 'It rains';
    const headers = { 'content-type': 'text/plain' };
    const { status } = await fetch(`http://localhost:${port}/news`, {
      method: 'POST',
      headers,
      body,
    });

    expect(status).toBe(202);
    expect((await news.next()).value).toBe(body);
  });
});

it('Fastify closes with sockets open', async () => {
  const recipe = await fastify.start(0);
  const socket = connect(await running(recipe));
  await socket.invoke('greet', 'Ada');

  const disconnected = socket.listener('disconnect').once(DEADLINE_MS);
  await recipe.app.close();

  expect((await disconnected).code).toBe(1006);
  expect(recipe.httpServer.listening).toBe(false);
});

it('the custom server ends upgrades that nobody wants', async () => {
  const next = (options: { httpServer: Server }) => ({
    ...fakeNext(options),
    prepare: async () => {},
  });
  const port = await running(await customServer.start(0, next));
  await expect(echoed(`ws://localhost:${port}/nowhere`, 'x')).rejects.toThrow('socket hang up');
});
