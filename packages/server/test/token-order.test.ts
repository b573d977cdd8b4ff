import { pass, stopTime } from '@asyngular/test-utils/clock';
import { describe, expect, it } from 'vitest';
import type { AuthEngine } from '../src/index.js';
import { startWithClient } from './support/server.js';
import { sign } from './support/tokens.js';

// Tokens that overtake each other, and the time at which they lapse.

const now = (): number => Math.floor(Date.now() / 1_000);

describe('F20: tokens that are signed at the same time', () => {
  /** An engine whose signatures are ready when the test says so. */
  function slowEngine() {
    const ready = new Map<string, () => void>();
    const engine: AuthEngine = {
      verifyToken: () => ({}),
      signToken: ({ name }: { name?: string }) =>
        new Promise((resolve) => ready.set(`${name}`, () => resolve(`signed ${name}`))),
    };
    return { engine, finish: (name: string) => ready.get(name)!() };
  }

  it('are set in the order of the calls, on both ends', async () => {
    const { engine, finish } = slowEngine();
    const { client, socket } = await startWithClient({ authEngine: engine });
    const slow = socket.setAuthToken({ name: 'old' });
    const quick = socket.setAuthToken({ name: 'new' });
    finish('new');
    await client.settled();
    expect(socket.authState).toBe('unauthenticated');
    finish('old');
    await Promise.all([slow, quick]);
    expect(socket.authToken?.name).toBe('new');
    await client.settled();
    const tokens = client.received.filter(({ event }) => event === '#setAuthToken');
    expect(tokens.map(({ data }) => data.token)).toEqual(['signed old', 'signed new']);
  });

  it.each(['deauthenticate', 'deauthenticateSelf'] as const)(
    'lose to a later %s()',
    async (logout) => {
      const { engine, finish } = slowEngine();
      const { client, socket } = await startWithClient({ authEngine: engine });
      const login = socket.setAuthToken({ name: 'ann' });
      void socket[logout]();
      finish('ann');
      await expect(login).rejects.toMatchObject({ name: 'AuthError' });
      expect(socket.authState).toBe('unauthenticated');
      const again = socket.setAuthToken({ name: 'bob' });
      finish('bob');
      await again;
      await client.settled();
      const tokens = client.received.filter(({ event }) => event === '#setAuthToken');
      expect(tokens.map(({ data }) => data.token)).toEqual(['signed bob']);
    },
  );

  it('lose to a later logout by the client', async () => {
    const { engine, finish } = slowEngine();
    const { client, socket } = await startWithClient({ authEngine: engine });
    const login = socket.setAuthToken({ name: 'ann' });
    client.transmit('#removeAuthToken');
    await client.settled();
    finish('ann');
    await expect(login).rejects.toThrow('the socket was deauthenticated');
    expect(socket.authState).toBe('unauthenticated');
  });

  it('survive the end of the token before', async () => {
    const { engine, finish } = slowEngine();
    const { client, socket } = await startWithClient({ authEngine: engine });
    stopTime();
    const first = socket.setAuthToken({ name: 'old', exp: now() + 1 });
    finish('old');
    await first;
    const second = socket.setAuthToken({ name: 'new' });
    const removed = client.nextEvent('#removeAuthToken');
    await pass(2_000);
    await removed;
    finish('new');
    await second;
    expect(socket.authToken?.name).toBe('new');
  });
});

describe('F10: the rules of verification say when a token has lapsed', () => {
  it('clockTolerance prolongs it for the socket, too', async () => {
    const { server, client, socket } = await startWithClient();
    stopTime();
    server.defaultVerificationOptions = { clockTolerance: 5 };
    const exp = now() - 2;
    const reply = await client.request('#authenticate', sign({ name: 'ann', exp }));
    expect(reply.data.isAuthenticated).toBe(true);
    expect(socket.isAuthTokenExpired({ exp })).toBe(false);
    await pass(2_000);
    await client.settled();
    expect(socket.authState).toBe('authenticated');
    const removed = client.nextEvent('#removeAuthToken');
    await pass(2_000);
    await removed;
    expect(socket.authState).toBe('unauthenticated');
  });

  it('ignoreExpiration keeps it', async () => {
    const { server, client, socket } = await startWithClient();
    stopTime();
    server.defaultVerificationOptions = { ignoreExpiration: true };
    const exp = now() - 2;
    await client.request('#authenticate', sign({ name: 'ann', exp }));
    await pass(600_000);
    await client.settled();
    expect(socket.authState).toBe('authenticated');
    expect(socket.isAuthTokenExpired({ exp })).toBe(false);
    server.defaultVerificationOptions = {};
    expect(socket.isAuthTokenExpired({ exp })).toBe(true);
  });
});
