import { pass, stopTime } from '@asyngular/test-utils/clock';
import { within } from '@asyngular/test-utils/wait';
import { describe, expect, it } from 'vitest';
import type { AGServerSocket } from '../src/index.js';
import { collect, startServer, startWithClient, until } from './support/server.js';
import { partOf, sign } from './support/tokens.js';

const now = (): number => Math.floor(Date.now() / 1_000);
const isBetween = (least: number, most: number) => (value: number) =>
  value >= least && value <= most;

/** Every event of authentication, of the socket and the server, in order. */
function watch(socket: AGServerSocket): unknown[] {
  const events: unknown[] = [];
  const { server } = socket;
  collect(socket.listener('authTokenSigned'), () => events.push('authTokenSigned'));
  collect(socket.listener('authStateChange'), ({ oldAuthState, newAuthState }) =>
    events.push(`${oldAuthState} → ${newAuthState}`),
  );
  collect(socket.listener('authenticate'), ({ authToken }) =>
    events.push(['authenticate', authToken?.name]),
  );
  collect(socket.listener('deauthenticate'), ({ oldAuthToken }) =>
    events.push(['deauthenticate', oldAuthToken?.name]),
  );
  collect(socket.listener('badAuthToken'), ({ authError }) =>
    events.push(['badAuthToken', authError.name]),
  );
  collect(socket.listener('error'), ({ error }) => events.push(['error', error.name]));
  collect(server.listener('authTokenSigned'), () => events.push('server authTokenSigned'));
  collect(server.listener('authenticationStateChange'), ({ newAuthState }) =>
    events.push(`server ${newAuthState}`),
  );
  collect(server.listener('authentication'), ({ authToken }) =>
    events.push(['authentication', authToken?.name]),
  );
  collect(server.listener('deauthentication'), ({ oldAuthToken }) =>
    events.push(['deauthentication', oldAuthToken?.name]),
  );
  collect(server.listener('badSocketAuthToken'), ({ signedAuthToken }) =>
    events.push(['badSocketAuthToken', signedAuthToken]),
  );
  return events;
}

describe('setAuthToken', () => {
  it('for another user emits authenticate alone, and every event has its twin', async () => {
    const { socket, client } = await startWithClient();
    const events = watch(socket);
    await socket.setAuthToken({ name: 'ann' });
    await socket.setAuthToken({ name: 'bob' });
    await client.settled();
    expect(events).toEqual([
      'authTokenSigned',
      'server authTokenSigned',
      'unauthenticated → authenticated',
      'server authenticated',
      ['authenticate', 'ann'],
      ['authentication', 'ann'],
      'authTokenSigned',
      'server authTokenSigned',
      ['authenticate', 'bob'],
      ['authentication', 'bob'],
    ]);
    const tokens = client.received.filter(({ event }) => event === '#setAuthToken');
    expect(tokens.map(({ data }) => partOf(data.token, 1).name)).toEqual(['ann', 'bob']);
  });

  it('puts its options into the token, and leaves the data alone', async () => {
    const { socket } = await startWithClient();
    const data = { name: 'ann', nested: { roles: ['a'] } };
    await socket.setAuthToken(data, {
      audience: 'aud',
      subject: 'sub',
      issuer: 'iss',
      jwtid: 'jti',
      keyid: 'kid',
      header: { alg: 'HS256', extra: 1 },
      expiresIn: 60,
      notBefore: 5,
      noTimestamp: true,
    });
    expect(data).toEqual({ name: 'ann', nested: { roles: ['a'] } });
    const payload = partOf(socket.signedAuthToken!, 1);
    expect(payload).toMatchObject({ ...data, aud: 'aud', sub: 'sub', iss: 'iss', jti: 'jti' });
    expect(payload.exp - now()).toBeGreaterThan(57);
    expect(payload.iat).toBeUndefined();
    expect(partOf(socket.signedAuthToken!, 0)).toMatchObject({ kid: 'kid', extra: 1 });
    data.nested.roles.push('changed');
    expect(socket.authToken!.nested.roles).toEqual(['a']);
  });

  it('takes the lifetime from exp, else expiresIn, else authDefaultExpiry', async () => {
    const { socket } = await startWithClient({ authDefaultExpiry: 100 });
    const lifetime = async (data: any, options?: any) => {
      await socket.setAuthToken(data, options);
      expect(partOf(socket.signedAuthToken!, 1).exp).toBe(socket.authToken!.exp);
      return socket.authToken!.exp - now();
    };
    expect(await lifetime({})).toSatisfy(isBetween(98, 100));
    expect(await lifetime({}, { expiresIn: 50 })).toSatisfy(isBetween(48, 50));
    expect(await lifetime({}, { expiresIn: '2m' })).toSatisfy(isBetween(118, 120));
    expect(await lifetime({ exp: now() + 10 }, { expiresIn: 50 })).toSatisfy(isBetween(8, 10));
  });

  it('reports an algorithm given at run time, and goes on without it', async () => {
    const { socket, warnings } = await startWithClient();
    await socket.setAuthToken({}, { algorithm: 'HS512' });
    expect(partOf(socket.signedAuthToken!, 0).alg).toBe('HS256');
    expect(warnings.map(({ name }) => name)).toEqual(['InvalidArgumentsError']);
  });

  it('on a closed socket resolves with an error event, or rejects if delivery matters', async () => {
    const { server, socket, client } = await startWithClient();
    client.terminate();
    await within('the closure', server.listener('closure').once());
    const errors: Error[] = [];
    collect(server.listener('warning'), ({ warning }) => errors.push(warning));
    await socket.setAuthToken({ name: 'late' });
    expect(socket.authState).toBe('unauthenticated');
    await until('the warning', () => errors.length === 1);
    expect(errors[0]?.name).toBe('BadConnectionError');
    await expect(socket.setAuthToken({}, { rejectOnFailedDelivery: true })).rejects.toMatchObject({
      name: 'AuthError',
      message: expect.stringMatching(/^Failed to deliver auth token to client - Socket invoke/),
    });
    await until('both', () => errors.length === 3);
    expect(errors.slice(1).map(({ name }) => name)).toEqual(['BadConnectionError', 'AuthError']);
  });

  it('with rejectOnFailedDelivery passes on why the client refused', async () => {
    const { socket, client } = await startWithClient();
    client
      .nextEvent('#setAuthToken')
      .then(({ cid }) => client.send({ rid: cid, error: { message: 'storage is full' } }));
    await expect(socket.setAuthToken({}, { rejectOnFailedDelivery: true })).rejects.toThrow(
      'Failed to deliver auth token to client - storage is full',
    );
  });

  it('arrives before what is sent after it, without waiting for its delivery', async () => {
    const { server, socket, client } = await startWithClient();
    await client.subscribe('c');
    await socket.setAuthToken({ name: 'ann' });
    socket.transmit('t');
    server.exchange.transmitPublish('c', 1);
    socket.invoke('i').catch(() => {});
    await client.settled();
    expect(client.received.slice(2, 6).map(({ event }) => event)).toEqual([
      '#setAuthToken',
      't',
      '#publish',
      'i',
    ]);
  });
});

describe('losing a token', () => {
  it('deauthenticate tells the client, deauthenticateSelf does not', async () => {
    const { socket, client } = await startWithClient();
    const removals = () => client.received.filter(({ event }) => event === '#removeAuthToken');
    await socket.setAuthToken({ name: 'ann' });
    const events = watch(socket);
    socket.deauthenticateSelf();
    await client.settled();
    expect(removals()).toHaveLength(0);
    expect(socket.getAuthToken()).toBe(null);
    await socket.deauthenticate();
    await client.settled();
    expect(removals()).toEqual([{ event: '#removeAuthToken' }]);
    expect(events).toEqual([
      'authenticated → unauthenticated',
      'server unauthenticated',
      ['deauthenticate', 'ann'],
      ['deauthentication', 'ann'],
      ['deauthenticate', undefined],
      ['deauthentication', undefined],
    ]);
    client.terminate();
    await within('the close', socket.listener('close').once());
    await socket.deauthenticate();
    await expect(socket.deauthenticate({ rejectOnFailedDelivery: true })).rejects.toMatchObject({
      name: 'BadConnectionError',
    });
  });

  it('happens by itself on an idle socket, and not before its time', async () => {
    const { socket, client } = await startWithClient();
    stopTime();
    const removed = client.nextEvent('#removeAuthToken');
    const exp = now() + 5;
    await socket.setAuthToken({ exp });
    await pass(exp * 1_000 - Date.now() - 1);
    expect(socket.authState).toBe('authenticated');
    expect(socket.isAuthTokenExpired(socket.authToken)).toBe(false);
    // Idle sockets are looked at every tenth of a second.
    await pass(101);
    await removed;
    expect(socket.authState).toBe('unauthenticated');
    expect(socket.isAuthTokenExpired({ exp })).toBe(true);
    expect(socket.isAuthTokenExpired({})).toBe(false);
  });

  it('of a lifetime longer than any timer happens on time, too', async () => {
    const { socket } = await startWithClient({ pingTimeoutDisabled: true });
    stopTime();
    const lifetimeMs = 40 * 86_400_000;
    await socket.setAuthToken({ exp: now() + lifetimeMs / 1_000 });
    await pass(lifetimeMs - 2_000);
    expect(socket.authState).toBe('authenticated');
    await pass(3_000);
    expect(socket.authState).toBe('unauthenticated');
  });

  it('a new token replaces the time of the old one', async () => {
    const { socket, client } = await startWithClient();
    stopTime();
    await socket.setAuthToken({ name: 'short', exp: now() + 1 });
    await socket.setAuthToken({ name: 'long' });
    await pass(2_000);
    await client.settled();
    expect(socket.authToken!.name).toBe('long');
  });
});

describe('presented tokens', () => {
  it('that are bad emit error, badAuthToken and badSocketAuthToken, and end the old state', async () => {
    const { socket, client } = await startWithClient();
    await socket.setAuthToken({ name: 'ann' });
    const events = watch(socket);
    await client.request('#authenticate', 'nonsense');
    await client.settled();
    expect(events).toEqual([
      'authenticated → unauthenticated',
      'server unauthenticated',
      ['deauthenticate', 'ann'],
      ['deauthentication', 'ann'],
      ['error', 'AuthTokenInvalidError'],
      ['badAuthToken', 'AuthTokenInvalidError'],
      ['badSocketAuthToken', 'nonsense'],
    ]);
  });

  it.each([5, {}, true, ['x']])('that are no text (%j) are bad', async (token) => {
    const { client } = await startWithClient();
    expect((await client.request('#authenticate', token)).error).toMatchObject({
      name: 'AuthTokenError',
      message: 'Invalid token format - Token must be a string',
      isBadToken: true,
    });
  });

  it('meet the rules of defaultVerificationOptions', async () => {
    const { server, client } = await startWithClient();
    const base = server.defaultVerificationOptions;
    const accepts = async (rules: object, token: string) => {
      server.defaultVerificationOptions = { ...base, ...rules };
      return (await client.request('#authenticate', token)).data?.isAuthenticated === true;
    };
    const token = sign({ aud: 'chat', iss: 'us', sub: 'ann' });
    expect(await accepts({ audience: ['mail', 'chat'], issuer: 'us', subject: 'ann' }, token)).toBe(
      true,
    );
    expect(await accepts({ audience: /^ch/ }, token)).toBe(true);
    expect(await accepts({ audience: /^no/ }, token)).toBe(false);
    expect(await accepts({ audience: '/^ch/' }, token)).toBe(false);
    expect(await accepts({ audience: 'mail' }, token)).toBe(false);
    expect(await accepts({ issuer: ['them'] }, token)).toBe(false);
    expect(await accepts({ subject: 'bob' }, token)).toBe(false);
    const old = sign({ exp: now() - 5 });
    expect(await accepts({}, old)).toBe(false);
    expect(await accepts({ clockTolerance: 20 }, old)).toBe(true);
    expect(await accepts({ ignoreExpiration: true }, old)).toBe(true);
    const early = sign({ nbf: now() + 100 });
    expect(await accepts({}, early)).toBe(false);
    expect(await accepts({ ignoreNotBefore: true }, early)).toBe(true);
  });

  it('are judged by the engine given as an option, whatever it throws', async () => {
    const seen: unknown[] = [];
    const { server, client, open } = await startWithClient({
      authEngine: {
        verifyToken(token, _key, options) {
          seen.push(options?.socket?.id);
          if (token === 'good') return { name: 'ann' };
          if (token === 'soft')
            throw Object.assign(new Error('busy'), { name: 'AuthTokenError', isBadToken: false });
          throw token === 'text' ? 'just text' : new RangeError('odd');
        },
        signToken: (payload: any) => `signed ${payload.name}`,
      },
    });
    const [socket] = Object.values(server.clients);
    expect((await client.request('#authenticate', 'good')).data.isAuthenticated).toBe(true);
    expect(seen).toEqual([socket!.id]);
    for (const [token, message] of [
      ['text', 'just text'],
      ['other', 'odd'],
    ]) {
      expect((await client.request('#authenticate', token)).error).toMatchObject({
        name: 'AuthTokenError',
        message,
        isBadToken: true,
      });
    }
    expect((await client.request('#authenticate', 'soft')).data.authError.isBadToken).toBe(false);
    await socket!.setAuthToken({ name: 'bob' });
    expect(socket!.signedAuthToken).toBe('signed bob');
    expect((await open('good')).received[0].data.isAuthenticated).toBe(true);
  });

  it('are not adopted by a socket that closes during verification', async () => {
    let release: (payload: object) => void = () => {};
    let begun = false;
    const { server, connect, warnings } = await startServer({
      authEngine: {
        verifyToken: () =>
          new Promise((resolve) => {
            release = resolve;
            begun = true;
          }),
        signToken: () => 'x',
      },
    });
    const events = collect(server.listener('authentication'));
    const connections = collect(server.listener('connection'));
    const client = connect();
    await client.opened();
    client.send(client.call('#handshake', { authToken: 'x' }));
    await until('it is pending', () => server.pendingClientsCount === 1);
    await until('verification has begun', () => begun);
    client.terminate();
    await within('the closure', server.listener('closure').once());
    release({ name: 'ann' });
    await new Promise((resolve) => setImmediate(resolve));
    expect([events, connections, warnings]).toEqual([[], [], []]);
  });
});
