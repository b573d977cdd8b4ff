import { expect } from 'vitest';
import { engine } from './support/auth-engine.js';
import { record } from './support/record.js';
import { row } from './support/suite.js';
import { settle, startServer } from './support/test-server.js';
import { rejection, soon } from './support/within.js';

const names = ['authStateChange', 'authenticate', 'deauthenticate', 'removeAuthToken', 'error'];

row(
  'events/authStateChange',
  'both directions; the tokens come only with authentication',
  async () => {
    const server = await startServer();
    const client = await server.open();
    const events = record(client, names);
    await client.invoke('login', { name: 'Ann' });
    const change = await events.until('authStateChange');
    expect(change).toEqual({
      oldAuthState: 'unauthenticated',
      newAuthState: 'authenticated',
      signedAuthToken: client.signedAuthToken,
      authToken: client.authToken,
    });
    await client.invoke('logout');
    expect(await events.until('authStateChange', 2)).toEqual({
      oldAuthState: 'authenticated',
      newAuthState: 'unauthenticated',
    });
  },
);

row('events/authStateChange', 'none when the user changes while authenticated', async () => {
  const server = await startServer();
  const client = await server.open();
  const events = record(client, names);
  await client.invoke('login', { name: 'Ann' });
  await client.invoke('login', { name: 'Bob' });
  await events.until('authenticate', 2);
  expect(events.names).toEqual(['authStateChange', 'authenticate', 'authenticate']);
  expect(client.authToken).toMatchObject({ name: 'Bob' });
});

row(
  'events/authenticate',
  'after setAuthToken, authenticate() and an authenticated handshake',
  async () => {
    const server = await startServer();
    const client = await server.open();
    const events = record(client, [...names, 'connect']);
    await client.invoke('login', { name: 'Ann' });
    const first = await events.until('authenticate');
    expect(first).toEqual({ signedAuthToken: client.signedAuthToken, authToken: client.authToken });
    expect(first.authToken.name).toBe('Ann');
    const token = await server.sign({ name: 'Bob' });
    await client.authenticate(token);
    expect(await events.until('authenticate', 2)).toMatchObject({
      signedAuthToken: token,
      authToken: { name: 'Bob' },
    });
    client.disconnect();
    client.connect();
    await events.until('connect');
    expect(await events.until('authenticate', 3)).toMatchObject({ signedAuthToken: token });
    expect(events.of('authStateChange')).toHaveLength(1);
  },
);

row(
  'events/deauthenticate',
  'after the server, the client or a failed authenticate() ended it',
  async () => {
    const server = await startServer();
    const client = await server.open();
    const events = record(client, names);
    const token = await server.sign({ name: 'Ann' });
    await client.authenticate(token);
    await server.run('deauthenticate');
    expect(await events.until('deauthenticate')).toMatchObject({
      oldSignedAuthToken: token,
      oldAuthToken: { name: 'Ann' },
    });
    await client.authenticate(token);
    await client.deauthenticate();
    await events.until('deauthenticate', 2);
    await client.authenticate(token);
    const error = await rejection('a forged token', client.authenticate(`${token}x`));
    expect(error.name).toBe('AuthTokenInvalidError');
    await events.until('deauthenticate', 3);
  },
);

row(
  'events/deauthenticate',
  'only on the transition; removeAuthToken tells every removal',
  async () => {
    const server = await startServer();
    const client = await server.open();
    const events = record(client, names);
    await client.deauthenticate();
    await server.injectPacket({ event: '#removeAuthToken' });
    await events.until('removeAuthToken', 2);
    await settle(client);
    expect(events.names).toEqual(['removeAuthToken', 'removeAuthToken']);
    expect(events.of('removeAuthToken')[0]).toEqual({ oldAuthToken: null });
  },
);

row(
  'methods/authenticate(encryptedTokenString)',
  'resolves with the state, tokens and storage set',
  async () => {
    const server = await startServer();
    const authEngine = engine();
    const client = await server.open({ authEngine });
    const token = await server.sign({ name: 'Ann' });
    const seen: string[] = [];
    record(client, ['authenticate'], () => seen.push('authenticate'));
    const result = await client.authenticate(token);
    // Listeners have run before the promise settles.
    expect(seen).toEqual(['authenticate']);
    expect(result).toEqual({ isAuthenticated: true, authError: null });
    expect(client.authState).toBe('authenticated');
    expect(client.signedAuthToken).toBe(token);
    expect(authEngine.token).toBe(token);
    const [socket] = await server.run('sockets');
    expect(socket).toMatchObject({ authState: 'authenticated', authToken: { name: 'Ann' } });
  },
);

row(
  'methods/authenticate(encryptedTokenString)',
  'rejects bad tokens by name and clears the state',
  async () => {
    const server = await startServer();
    const client = await server.open();
    const good = await server.sign({ name: 'Ann' });
    const cases = {
      AuthTokenInvalidError: [
        'junk',
        await server.sign({ name: 'Eve' }, 'another key of some length'),
      ],
      AuthTokenExpiredError: [await server.sign({ name: 'Ann', exp: 1_000_000_000 })],
    };
    for (const [name, tokens] of Object.entries(cases)) {
      for (const token of tokens) {
        await client.authenticate(good);
        const error = await rejection(token, client.authenticate(token));
        expect(error).toBeInstanceOf(Error);
        expect(error).toMatchObject({ name, isBadToken: true });
        expect(client.authState).toBe('unauthenticated');
        expect(client.signedAuthToken).toBe(null);
        expect(client.authToken).toBe(null);
      }
    }
  },
);

row(
  'methods/authenticate(encryptedTokenString)',
  'a soft refusal resolves unauthenticated and is not stored',
  async () => {
    const server = await startServer({
      block: [{ type: 'authenticate', error: { name: 'NotNow', message: 'not now' } }],
    });
    const authEngine = engine();
    const client = await server.open({ authEngine });
    const result = await soon(
      'the answer',
      client.authenticate(await server.sign({ name: 'Ann' })),
    );
    expect(result.isAuthenticated).toBe(false);
    expect(result.authError).toBeInstanceOf(Error);
    expect(result.authError).toMatchObject({ name: 'NotNow', message: 'not now' });
    expect(client.authState).toBe('unauthenticated');
    expect(authEngine.calls.filter((call) => call.startsWith('save'))).toEqual([]);
  },
);

row(
  'methods/authenticate(encryptedTokenString)',
  'a lost connection or a timeout keeps the last known state',
  async () => {
    const server = await startServer();
    const client = await server.open({ ackTimeout: 500 });
    const token = await server.sign({ name: 'Ann' });
    await client.authenticate(token);
    await server.faults({ dropToServer: ['#authenticate'] });
    expect((await rejection('no answer', client.authenticate(token))).name).toBe('TimeoutError');
    expect(client.authState).toBe('authenticated');
    const pending = rejection('a cut', client.authenticate(token));
    await server.cut();
    expect((await pending).name).toBe('BadConnectionError');
    expect(client.signedAuthToken).toBe(token);
  },
);

row(
  'methods/authenticate(encryptedTokenString)',
  'a malformed answer is no authentication',
  async () => {
    const server = await startServer();
    const client = await server.open();
    const token = await server.sign({ name: 'Ann' });
    await server.faults({
      rewriteToClient: [{ match: '"isAuthenticated"', with: '{"rid":$rid}' }],
    });
    const error = await rejection('a malformed answer', client.authenticate(token));
    expect(error.name).toBe('InvalidMessageError');
    expect(client.authState).toBe('unauthenticated');
  },
);

row('methods/authenticate(encryptedTokenString)', 'connects when closed', async () => {
  const server = await startServer();
  const client = server.client({ autoConnect: false });
  const token = await server.sign({ name: 'Ann' });
  expect(await soon('the answer', client.authenticate(token))).toEqual({
    isAuthenticated: true,
    authError: null,
  });
  expect(client.state).toBe('open');
});

row('methods/deauthenticate()', 'both ends, the storage and the events', async () => {
  const server = await startServer();
  const authEngine = engine();
  const client = await server.open({ authEngine });
  const token = await server.sign({ name: 'Ann' });
  await client.authenticate(token);
  const events = record(client, names);
  expect(await soon('deauthenticate', client.deauthenticate())).toBe(undefined);
  expect(authEngine.token).toBe(null);
  expect(client.authState).toBe('unauthenticated');
  await events.until('removeAuthToken');
  expect([...events.names].sort()).toEqual([
    'authStateChange',
    'deauthenticate',
    'removeAuthToken',
  ]);
  expect(events.of('removeAuthToken')[0]).toEqual({ oldAuthToken: token });
  await server.seen({ type: 'deauthenticate' });
  expect((await server.run('sockets'))[0].authState).toBe('unauthenticated');
});

row('methods/deauthenticate()', 'works offline', async () => {
  const server = await startServer();
  const authEngine = engine();
  const client = await server.open({ authEngine });
  await client.authenticate(await server.sign({ name: 'Ann' }));
  client.disconnect();
  await soon('deauthenticate', client.deauthenticate());
  expect(client.state).toBe('closed');
  expect(client.authState).toBe('unauthenticated');
  expect(authEngine.token).toBe(null);
});

row('methods/deauthenticate()', 'never rejects', async () => {
  const server = await startServer();
  const authEngine = engine();
  const client = await server.open({ authEngine });
  const events = record(client, names);
  authEngine.removeToken = () => Promise.reject(new Error('storage is broken'));
  await soon('deauthenticate', client.deauthenticate());
  expect((await events.until('error')).error.message).toBe('storage is broken');
});
