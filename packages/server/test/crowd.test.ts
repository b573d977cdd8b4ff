import { request } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RawClient } from '@asyngular/test-utils/raw-client';
import { within } from '@asyngular/test-utils/wait';
import { expect, it } from 'vitest';
import type { AGServerOptions, AuthEngine } from '../src/index.js';
import { onCleanup, startServer, until } from './support/server.js';

// A crowd that comes at once must not make those wait who are there.

/** An engine whose tokens keep the process busy for as many milliseconds as they say. */
function busyEngine(): AuthEngine & { verified: string[] } {
  const verified: string[] = [];
  return {
    verified,
    verifyToken(token) {
      const [name, ms] = token!.split(' ');
      const endMs = performance.now() + Number(ms);
      while (performance.now() < endMs);
      verified.push(name!);
      return { name };
    },
    signToken: () => 'none',
  };
}

/** A server and so many clients that have been upgraded, and one that is open. */
async function startCrowd(count: number, options: AGServerOptions, address = (_i: number) => 'a') {
  const authEngine = busyEngine();
  const started = await startServer({
    authEngine,
    clientAddress: ({ headers }) => headers['x-address'] as string | undefined,
    ...options,
  });
  started.server.handle('echo', (data) => data);
  const clients = Array.from({ length: count }, (_, i) =>
    started.connect({ headers: { 'X-Address': address(i) } }),
  );
  await Promise.all(clients.map((client) => client.opened()));
  return { ...started, authEngine, clients, bystander: await started.open() };
}

function handshake(client: RawClient, token: string): void {
  client.send({ event: '#handshake', data: { authToken: token }, cid: 1 });
}

it('lets the calls of others through between its handshakes', async () => {
  const { server, clients, authEngine, bystander } = await startCrowd(100, {});
  clients.forEach((client, i) => void handshake(client, `${i} 3`));
  await bystander.request('echo', 1);
  expect(authEngine.verified.length).toBeLessThan(50);
  await until('everybody is in', () => server.clientsCount === 101);
  expect(authEngine.verified.map(Number)).toEqual(clients.map((_, i) => i));
});

it('comes in a few at a time also when all of it waited for the same', async () => {
  let free = (): void => {};
  const shared = new Promise<void>((resolve) => {
    free = resolve;
  });
  let checks = 0;
  const authEngine: AuthEngine = {
    async verifyToken(token) {
      checks++;
      await shared;
      return { name: token };
    },
    signToken: () => 'none',
  };
  const { server, clients } = await startCrowd(150, { authEngine });
  for (const client of clients) handshake(client, 'ann');
  await until('all wait for the same', () => checks === clients.length);
  free();
  let most = 0;
  for (let before = 1; before < 151; before = server.clientsCount) {
    await within('the next turn', nextTurn());
    most = Math.max(most, server.clientsCount - before);
  }
  // What is let in at once, and one turn of those that wait, may fall between two looks.
  expect(most).toBeLessThanOrEqual(2 * 41);
});

it('of one address does not make another address wait for all of it', async () => {
  const isOther = (i: number) => i >= 40;
  const { server, clients, authEngine } = await startCrowd(42, {}, (i) => (isOther(i) ? 'b' : 'a'));
  clients.forEach((client, i) => void handshake(client, `${isOther(i) ? 'b' : 'a'} 5`));
  await until('everybody is in', () => server.clientsCount === 43);
  expect(authEngine.verified.lastIndexOf('b')).toBeLessThan(20);
});

it('is closed with 4005 where it cannot be let in within the deadline', async () => {
  const { server, clients } = await startCrowd(40, { handshakeTimeout: 1_000 });
  clients.forEach((client, i) => void handshake(client, `${i} 50`));
  await until('all are in or out', () =>
    clients.every((client) => client.received.length > 0 || client.closed !== undefined),
  );
  const closed = clients.filter((client) => client.closed !== undefined);
  expect(closed.length).toBeGreaterThan(0);
  expect(closed.map((client) => client.closed!.code)).toEqual(closed.map(() => 4005));
  expect(server.clientsCount).toBe(41 - closed.length);
  expect(server.stats()).toMatchObject({ pendingHandshakes: 0, pendingClients: 0 });
  expect(server.stats().limits.handshakeTimeout).toBe(closed.length);
});

it('is answered with 503 where the upgrade is not decided in time', async () => {
  const { server, port } = await startServer({ handshakeTimeout: 50 });
  server.setMiddleware('handshake', async (actions) => {
    for await (const _undecided of actions);
  });
  const answer = await within(
    'the answer',
    new Promise<string>((resolve, reject) => {
      const headers = {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
      };
      const sent = request({ port, host: '127.0.0.1', path: '/asyngular/', headers });
      onCleanup(() => void sent.destroy());
      sent.on('error', reject);
      sent.on('response', (response) => {
        response.on('data', (body) => resolve(`${response.statusCode} ${body}`));
      });
      sent.end();
    }),
  );
  expect(answer).toBe('503 The handshake took too long');
  expect(server.stats().pendingHandshakes).toBe(0);
});
