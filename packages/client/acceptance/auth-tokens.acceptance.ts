import { expect } from 'vitest';
import { engine } from './support/auth-engine.js';
import { record } from './support/record.js';
import { row } from './support/suite.js';
import { settle, startServer } from './support/test-server.js';
import { soon, turn } from './support/within.js';

const names = ['authStateChange', 'authenticate', 'deauthenticate', 'removeAuthToken', 'error'];

row('authentication', 'the token is stored and sent again with the next handshake', async () => {
  const server = await startServer();
  const authEngine = engine();
  const client = await server.open({ authEngine });
  await client.invoke('login', { name: 'Ann' });
  await settle(client);
  await turn();
  const token = client.signedAuthToken;
  expect(authEngine.calls).toEqual(['load', `save ${token}`]);
  client.disconnect();
  const connected = client.listener('connect').once();
  client.connect();
  expect(await soon('connect', connected)).toMatchObject({
    isAuthenticated: true,
    authToken: token,
  });
});

row('authentication', 'a socket of the same key takes up the stored token', async () => {
  const server = await startServer();
  const authEngine = engine();
  const first = await server.open({ authEngine });
  await first.authenticate(await server.sign({ name: 'Ann' }));
  const second = await server.open({ authEngine });
  expect(second.authToken).toMatchObject({ name: 'Ann' });
});

row(
  'authentication',
  'bare token under authTokenName in localStorage, where there is one',
  async () => {
    const server = await startServer();
    const client = await server.open({ authTokenName: 'acceptance.key' });
    const token = await server.sign({ name: 'Ann' });
    await client.authenticate(token);
    if (typeof window === 'object') {
      expect(localStorage.getItem('acceptance.key')).toBe(token);
    }
    await client.deauthenticate();
    expect(globalThis.localStorage?.getItem('acceptance.key') ?? null).toBe(null);
  },
);

row('authentication', 'a failing saveToken is an error event only', async () => {
  const server = await startServer();
  const authEngine = engine();
  authEngine.saveToken = () => Promise.reject(new Error('quota'));
  const client = await server.open({ authEngine });
  const events = record(client, names);
  await client.invoke('login', { name: 'Ann' });
  expect((await events.until('error')).error.message).toBe('quota');
  expect(client.authState).toBe('authenticated');
});

row('authentication', 'a failing loadToken is a failed handshake: 4003', async () => {
  const server = await startServer();
  const authEngine = engine();
  authEngine.loadToken = () => Promise.reject(new Error('locked'));
  const client = server.client({ authEngine });
  const events = record(client, ['error', 'connectAbort']);
  expect((await events.until('connectAbort')).code).toBe(4003);
  expect(events.of('error')[0].error.message).toBe('locked');
});

row(
  'authentication',
  'setAuthToken with a junk token changes nothing but emits an error',
  async () => {
    const server = await startServer();
    const client = await server.open();
    const events = record(client, names);
    await server.injectPacket({ event: '#setAuthToken', data: { token: 5 } });
    await events.until('error');
    await server.injectPacket({ event: '#setAuthToken' });
    await settle(client);
    expect(client.authState).toBe('unauthenticated');
    expect(client.signedAuthToken).toBe(null);
    expect(events.of('authenticate')).toEqual([]);
  },
);

row(
  'authentication',
  'setAuthToken as a call is answered; without data by InvalidMessageError',
  async () => {
    const server = await startServer();
    const client = await server.open();
    const token = await server.sign({ name: 'Ann' });
    await server.injectPacket({ event: '#setAuthToken', data: { token }, cid: 71 });
    await server.injectPacket({ event: '#setAuthToken', cid: 72 });
    await server.injectPacket({ event: '#removeAuthToken', cid: 73 });
    await server.seen({ type: 'frame', direction: 'in', data: '{"rid":73}' });
    const answers = (await server.packets()).filter((packet) => packet.rid > 70);
    expect(answers).toMatchObject([
      { rid: 71 },
      { rid: 72, error: { name: 'InvalidMessageError' } },
      { rid: 73 },
    ]);
    expect(client.authState).toBe('unauthenticated');
  },
);

row('authentication', 'a refused token of the handshake is removed', async () => {
  const server = await startServer();
  const authEngine = engine('junk');
  const client = server.client({ authEngine });
  const removed = client.listener('removeAuthToken').once();
  const status = await soon('connect', client.listener('connect').once());
  expect(status.authError?.name).toBe('AuthTokenInvalidError');
  await soon('removeAuthToken', removed);
  expect(authEngine.token).toBe(null);
});
