import { rejection } from '@asyngular/test-utils/wait';
import { expect } from 'vitest';
import { duty } from '../support/duty.js';
import { signToken, type TestServer } from '../support/server.js';

function serveLogin(server: TestServer): void {
  server.procedure('login', async (name, socket) => {
    await socket.setAuthToken({ name });
    return 'welcome';
  });
}

/** P5: tokens that come, go and lapse during a connection. */
export const authentication = [
  duty('P5.5 P5.9', 'the server sets a token', async (stage) => {
    const { client, socket } = await stage.connected({ prepare: serveLogin });
    expect(await client.invoke('login', 'ann')).toBe('welcome');
    await client.event('authenticate');
    expect(client.authState).toBe('authenticated');
    expect(client.authToken).toMatchObject({ name: 'ann', exp: expect.any(Number) });
    expect(client.signedAuthToken).toBe(socket.signedAuthToken);
    await stage.until('the stored token', () => client.storedToken() === client.signedAuthToken);
  }),

  duty('P5.5', 'the server waits for the delivery of a token', async (stage) => {
    const { client, socket } = await stage.connected();
    await stage.settled(
      'the confirmation',
      socket.setAuthToken({ name: 'ann' }, { rejectOnFailedDelivery: true }),
    );
    expect(client.authToken.name).toBe('ann');
  }),

  duty('P5.1 P5.2 P5.4', 'the client authenticates with a token', async (stage) => {
    const { client, server, socket } = await stage.connected();
    const token = signToken({ name: 'ann' });
    const status = await client.authenticate(token);
    expect(status).toMatchObject({ isAuthenticated: true, authError: null });
    expect(client.authToken.name).toBe('ann');
    expect((await server.event('authentication')).authToken.name).toBe('ann');
    expect(socket.signedAuthToken).toBe(token);
    await stage.until('the stored token', () => client.storedToken() === token);
  }),

  duty('P5.1 P5.3', 'a forged token does not authenticate', async (stage) => {
    const { client, socket } = await stage.connected({ prepare: serveLogin });
    await client.invoke('login', 'ann');
    const error = await rejection(client.authenticate(signToken({}, { key: 'a wrong key' })));
    expect(error).toMatchObject({ name: 'AuthTokenInvalidError', isBadToken: true });
    await stage.until('the removal', () => client.authState === 'unauthenticated');
    await stage.until('the empty store', () => client.storedToken() === null);
    expect(socket.authState).toBe('unauthenticated');
  }),

  duty('P5.2 P5.3', 'a token that is not active yet is a soft failure', async (stage) => {
    const { client } = await stage.connected();
    const status = await client.authenticate(signToken({ name: 'ann' }, { notBefore: 1_000 }));
    expect(status.isAuthenticated).toBe(false);
    expect(status.authError).toMatchObject({ name: 'AuthTokenNotBeforeError', isBadToken: false });
    expect(client.authState).toBe('unauthenticated');
  }),

  duty('P5.4', 'only an accepted token is stored', async (stage) => {
    const { client, socket } = await stage.connected();
    await client.authenticate(signToken({ name: 'ann' }, { notBefore: 1_000 }));
    await socket.transmit('marker');
    await stage.until('the marker', () => client.packets.some(({ event }) => event === 'marker'));
    expect(client.storedToken()).toBe(null);
  }),

  duty('P5.2', 'a token that middleware blocks is a soft failure', async (stage) => {
    const { client } = await stage.connected({
      prepare: (it) =>
        it.middleware('inbound', (action) => {
          if (action.type !== 'authenticate') return;
          action.block(Object.assign(new Error('banned'), { name: 'BannedError' }));
        }),
    });
    const status = await client.authenticate(signToken({ name: 'ann' }));
    expect(status.isAuthenticated).toBe(false);
    expect(status.authError).toMatchObject({ name: 'BannedError', message: 'banned' });
  }),

  duty('P5.7', 'the client gives its token up', async (stage) => {
    const { client, server, socket } = await stage.connected({ prepare: serveLogin });
    await client.invoke('login', 'ann');
    await client.deauthenticate();
    expect(client.authState).toBe('unauthenticated');
    expect((await server.event('deauthentication')).oldAuthToken.name).toBe('ann');
    expect(socket.authState).toBe('unauthenticated');
  }),

  duty('P5.7', 'the server takes the token away', async (stage) => {
    const { client, socket } = await stage.connected({ prepare: serveLogin });
    await client.invoke('login', 'ann');
    await client.event('authenticate');
    await socket.deauthenticate();
    await client.event('deauthenticate');
    expect(client.authState).toBe('unauthenticated');
    await stage.until('the empty store', () => client.storedToken() === null);
  }),

  duty('P2.9 P5.10', 'a token lapses', async (stage) => {
    const { client, server } = await stage.connected({
      server: { pingInterval: 50, ...stage.speaking(stage.pair.client.version) },
      client: { token: signToken({ name: 'ann' }, { expiresIn: 4 }) },
    });
    await client.event('authenticate');
    await client.event('deauthenticate');
    expect((await server.event('deauthentication')).oldAuthToken.name).toBe('ann');
    expect(client.state).toBe('open');
  }),

  duty('P5.1 P6.1', 'a channel that waits for authentication', async (stage) => {
    const { client, server, socket } = await stage.connected();
    client.subscribe('private', { waitForAuth: true });
    client.subscribe('public');
    await client.subscribed('public');
    expect(client.channelState('private')).toBe('pending');
    await socket.setAuthToken({ name: 'ann' });
    await client.subscribed('private');
    expect(await server.event('subscription', 2)).toMatchObject({
      channel: 'private',
      subscriptionOptions: { waitForAuth: true },
    });
  }),
  duty('P5.6', 'a token that is no text is ignored', async (stage) => {
    const { client, socket } = await stage.connected();
    socket.send('{"event":"#setAuthToken","data":{}}');
    await client.event('error');
    expect(client.authState).toBe('unauthenticated');
    expect(client.state).toBe('open');
  }),

  duty('P5.7', 'giving a token up is answered when asked to', async (stage) => {
    const { client } = await stage.connected({ client: { ackTimeout: stage.callTimeoutMs } });
    await client.invoke('#removeAuthToken');
  }),

  duty('P5.11', '#authenticate without a call id is closed with 4008', async (stage) => {
    const { client } = await stage.connected();
    client.send('{"event":"#authenticate","data":"x.y.z"}');
    expect(await client.event('disconnect')).toMatchObject({ code: 4008 });
  }),
];
