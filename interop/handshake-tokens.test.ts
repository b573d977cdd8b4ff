import { RawClient } from '@asyngular/test-utils/raw-client';
import { Patience } from '@asyngular/test-utils/wait';
import { afterEach, describe, expect, it } from 'vitest';
import { type PublishedServer, publishedServers } from './support/peers.js';
import { ourServer, publishedServer, type ServerPeer, TestServer } from './support/server.js';

const peers: ServerPeer[] = [
  ourServer,
  ...(Object.keys(publishedServers) as PublishedServer[]).map(publishedServer),
];

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function shakeHands(peer: ServerPeer, authToken: unknown) {
  const server = new TestServer(peer, {}, new Patience(5_000));
  await server.start();
  cleanups.push(() => server.stop());
  const client = new RawClient(`ws://127.0.0.1:${server.port}/asyngular/`);
  cleanups.push(() => client.ws.terminate());
  await client.opened();
  const { data } = await client.request('#handshake', { authToken });
  return { server, client, data };
}

// What published servers answer is what ours answers: P4.2.
describe.each(peers)('P4.2 on $name', (peer) => {
  it.each([[5], [true], [{ a: 1 }], [[]], [['a.b.c']]])(
    'a token that is %j is refused for good, and the connection stays',
    async (token) => {
      const { server, client, data } = await shakeHands(peer, token);
      expect(data.isAuthenticated).toBe(false);
      expect(data.authError).toMatchObject({
        name: 'AuthTokenError',
        message: 'Invalid token format - Token must be a string',
        isBadToken: true,
      });
      if (!client.received.some(({ event }) => event === '#removeAuthToken')) {
        await client.nextEvent('#removeAuthToken');
      }
      const bad = await server.event('badSocketAuthToken');
      expect(bad.signedAuthToken).toEqual(token);
      expect(bad.authError.name).toBe('AuthTokenError');
      expect(server.sockets[0]!.native.authState).toBe('unauthenticated');
      expect(client.closed).toBeUndefined();
    },
  );

  it.each([[null], [''], [0], [false]])('%j stands for no token', async (token) => {
    const { server, data } = await shakeHands(peer, token);
    expect(data.isAuthenticated).toBe(false);
    expect(data.authError ?? null).toBe(null);
    expect(server.of('badSocketAuthToken')).toEqual([]);
  });
});
