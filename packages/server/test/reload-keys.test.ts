import { generateKeyPairSync } from 'node:crypto';
import { type AGClientSocket, create } from '@asyngular/client';
import { Patience } from '@asyngular/test-utils/wait';
import { describe, expect, it } from 'vitest';
import { JwtAuthEngine } from '../src/index.js';
import { issue, startProvider } from './support/identity-provider.js';
import { collect, onCleanup, startServer, type TestServer } from './support/server.js';
import { sign } from './support/tokens.js';

const quiet = { logger: false } as const;

async function authErrorOf({ open }: TestServer, token: string): Promise<unknown> {
  return (await open(token)).received[0].data.authError;
}

describe('a key that is taken away', () => {
  it('ends no login at once; its tokens are bad from the next handshake on', async () => {
    const started = await startServer({ ...quiet, authKey: undefined, authKeys: ['new', 'old'] });
    const { server, open } = started;
    const token = sign({ name: 'ann' }, { key: 'old' });
    const client = await open(token);
    server.reload({ authKeys: ['new'] });
    const [socket] = Object.values(server.clients);
    await client.settled();
    expect(socket!.authState).toBe('authenticated');
    expect(await authErrorOf(started, token)).toMatchObject({
      name: 'AuthTokenInvalidError',
      isBadToken: true,
    });
    // Presented again on the open socket it counts no more than anywhere else.
    expect((await client.request('#authenticate', token)).error.isBadToken).toBe(true);
    expect(socket!.authState).toBe('unauthenticated');
  });

  it('is followed by one secret when the list is to end', async () => {
    const started = await startServer({ ...quiet, authKey: 'first' });
    const { server } = started;
    server.reload({ authKeys: ['second', 'first'] });
    expect(server.reload({ authKey: 'first' })).toEqual(['authKey']);
    expect(server.verificationKey).toBe('first');
    expect(await authErrorOf(started, sign({}, { key: 'second' }))).toBeDefined();
  });
});

describe('keys of other kinds', () => {
  const pair = () =>
    generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });

  it('a key pair gives way to another, whose predecessor still verifies', async () => {
    const [former, present] = [pair(), pair()];
    const started = await startServer({
      ...quiet,
      authKey: undefined,
      authPrivateKey: former.privateKey,
      authPublicKey: former.publicKey,
    });
    const old = await started.server.signToken({ name: 'ann' });
    const { privateKey: authPrivateKey, publicKey: authPublicKey } = present;
    started.server.reload({ authPrivateKey, authPublicKey, authKeys: [former.publicKey] });
    const fresh = await started.server.signToken({ name: 'ann' });
    expect(await authErrorOf(started, old)).toBe(undefined);
    expect(await authErrorOf(started, fresh)).toBe(undefined);
    started.server.reload({ authKeys: [present.publicKey] });
    expect(await authErrorOf(started, old)).toMatchObject({ isBadToken: true });
  });

  it('a secret gives way to a key pair', async () => {
    const started = await startServer(quiet);
    const { privateKey: authPrivateKey, publicKey: authPublicKey } = pair();
    started.server.reload({ authPrivateKey, authPublicKey });
    const token = await started.server.signToken({ name: 'ann' });
    expect(await authErrorOf(started, token)).toBe(undefined);
    expect(await authErrorOf(started, sign({ name: 'ann' }))).toMatchObject({ isBadToken: true });
  });

  it('a provider gives way to another, and the rules that were assigned stay', async () => {
    const [first, second] = [await startProvider(), await startProvider()];
    const keys = [await first.addKey('a'), await second.addKey('b')] as const;
    const started = await startServer({ ...quiet, authJwksUrl: first.url });
    const { server } = started;
    server.defaultVerificationOptions = { issuer: 'me' };
    const tokens = [
      await issue(keys[0], 'a', { iss: 'me' }),
      await issue(keys[1], 'b', { iss: 'me' }),
      await issue(keys[1], 'b', { iss: 'you' }),
    ];
    const verdicts = async () => {
      const errors = [];
      for (const token of tokens) errors.push(await authErrorOf(started, token));
      return errors.map((error) => error === undefined);
    };
    expect(await verdicts()).toEqual([true, false, false]);
    server.reload({ authJwksUrl: second.url });
    expect(await verdicts()).toEqual([false, true, false]);
  });

  it('an engine of the application stays, with its missing half', async () => {
    const { server } = await startServer(quiet);
    server.setAuthEngine({ verifyToken: () => ({ name: 'anybody' }) });
    const { auth } = server;
    server.reload({ authKey: 'new' });
    expect(server.auth).toBe(auth);
    const token = await server.signToken({ name: 'ann' });
    expect(await server.verifyToken('nonsense')).toEqual({ name: 'anybody' });
    expect(await new JwtAuthEngine().verifyToken(token, 'new')).toMatchObject({ name: 'ann' });
  });
});

describe('a rotation under load', () => {
  const CLIENTS = 200;
  const ROUNDS = 3;
  /** On a busy machine everybody has to wait for everybody. */
  const PATIENCE_MS = 100_000;
  const patience = new Patience(PATIENCE_MS);

  it('logs nobody out', { timeout: 4 * PATIENCE_MS }, async () => {
    const { server, port } = await startServer({
      ...quiet,
      authKey: undefined,
      authKeys: ['key 0'],
      handshakeTimeout: PATIENCE_MS,
    });
    const bad = collect(server.listener('badSocketAuthToken'), ({ authError }) => authError);
    const failures: unknown[] = [];
    let rounds = 0;
    // The answer renews the login, as applications do before it lapses.
    server.handle('renew', async (_data, { socket }) => {
      const { name } = socket.authToken!;
      await socket.setAuthToken({ name });
      return name;
    });

    const join = async (name: string): Promise<AGClientSocket> => {
      const client = create({
        hostname: '127.0.0.1',
        port,
        ackTimeout: PATIENCE_MS,
        connectTimeout: PATIENCE_MS,
      });
      onCleanup(() => client.disconnect());
      await client.authenticate(await server.signToken({ name }));
      collect(client.listener('connect'), (event) => {
        if (!event.isAuthenticated) failures.push(event.authError ?? 'not authenticated');
      });
      collect(client.listener('deauthenticate'), (event) => failures.push(event));
      return client;
    };
    const renew = async (client: AGClientSocket, name: string): Promise<void> => {
      const answer = await client.invoke('renew');
      if (answer !== name) failures.push(`${name} is ${answer}`);
    };
    const live = async (name: string): Promise<AGClientSocket> => {
      const client = await join(name);
      for (let round = 0; round < ROUNDS; round++) {
        client.disconnect();
        client.connect();
        await renew(client, name);
        rounds++;
      }
      return client;
    };
    const names = Array.from({ length: CLIENTS }, (_, index) => `user ${index}`);
    const lives = patience.within(
      'the end of all rounds',
      Promise.all(names.map(live)),
      () => failures,
    );

    const keys = ['key 0'];
    for (let rotation = 1; rotation <= 3; rotation++) {
      await patience.until(
        `rotation ${rotation}`,
        () => rounds >= (rotation * CLIENTS * ROUNDS) / 4,
        () => rounds,
      );
      keys.unshift(`key ${rotation}`);
      server.reload({ authKeys: keys });
    }
    const clients = await lives;
    await Promise.all(clients.map((client, index) => renew(client, names[index]!)));
    // All of them hold tokens of the last key now, so the others can go.
    server.reload({ authKeys: keys.slice(0, 1) });
    await Promise.all(
      clients.map(async (client) => {
        client.disconnect();
        client.connect();
        await patience.within('a connection', client.listener('connect').once());
      }),
    );
    expect(failures).toEqual([]);
    expect(bad).toEqual([]);
  });
});
