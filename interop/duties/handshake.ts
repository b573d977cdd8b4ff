import { rejection } from '@asyngular/test-utils/wait';
import { expect } from 'vitest';
import { duty } from '../support/duty.js';
import { signToken, type TokenOptions } from '../support/server.js';
import type { Connected, Stage } from '../support/stage.js';

function connectWithToken(stage: Stage, options?: TokenOptions): Promise<Connected> {
  return stage.connected({ client: { token: signToken({ name: 'ann' }, options) } });
}

/** The server refused the token for good: the connection stays, the token goes. */
async function expectRemoval(stage: Stage, { client, server }: Connected, name: string) {
  const { authError, isAuthenticated } = await client.event('connect');
  expect(isAuthenticated).toBe(false);
  expect(authError).toBeInstanceOf(Error);
  expect(authError).toMatchObject({ name, isBadToken: true });
  await stage.until('the removal of the token', () => client.storedToken() === null);
  expect(client.packets.map((packet) => packet.event)).toContain('#removeAuthToken');
  expect((await server.event('badSocketAuthToken')).authError.name).toBe(name);
  expect(client.state).toBe('open');
  return authError;
}

/** P4: what the first two packets settle. */
export const handshake = [
  duty('P4.1 P4.3', 'handshake without a token', async (stage) => {
    const { client, server, socket } = await stage.connected({
      server: { pingTimeout: 12_345 },
    });
    expect(client.id).toMatch(/^[\w-]{20}$/);
    expect(socket.id).toBe(client.id);
    expect(await client.event('connect')).toMatchObject({
      id: client.id,
      pingTimeout: 12_345,
      isAuthenticated: false,
    });
    expect(client.state).toBe('open');
    expect(socket.state).toBe('open');
    expect(socket.authState).toBe('unauthenticated');
    const [first] = server.sockets[0]!.messages;
    // Ours also names its extensions.
    expect(JSON.parse(String(first))).toMatchObject({
      event: '#handshake',
      data: { authToken: null },
      cid: 1,
    });
  }),

  duty('P4.1 P4.3 P4.13 P5.9', 'handshake with a token', async (stage) => {
    const { client, server, socket } = await connectWithToken(stage);
    expect(client.authState).toBe('authenticated');
    expect(client.authToken.name).toBe('ann');
    expect(socket.authState).toBe('authenticated');
    expect(socket.authToken.name).toBe('ann');
    expect((await server.event('authentication')).authToken.name).toBe('ann');
    expect(client.packets.map((packet) => packet.event)).not.toContain('#setAuthToken');
  }),

  duty('P4.4', 'a forged token is refused and removed', async (stage) => {
    const connected = await connectWithToken(stage, { key: 'somebody else has this other key' });
    await expectRemoval(stage, connected, 'AuthTokenInvalidError');
  }),

  duty('P4.4 P5.8', 'an expired token is refused and removed', async (stage) => {
    const connected = await connectWithToken(stage, { expiresIn: -60 });
    const { expiry } = await expectRemoval(stage, connected, 'AuthTokenExpiredError');
    const ageMs = Date.now() - new Date(expiry).getTime();
    expect(ageMs).toBeGreaterThan(50_000);
    expect(ageMs).toBeLessThan(120_000);
  }),

  duty('P4.4 P5.3', 'a token that is not active yet is refused and kept', async (stage) => {
    const { client, socket } = await connectWithToken(stage, { notBefore: 1_000 });
    const { authError } = await client.event('connect');
    expect(authError).toMatchObject({ name: 'AuthTokenNotBeforeError', isBadToken: false });
    await socket.transmit('marker');
    await stage.until('the marker', () => client.packets.some(({ event }) => event === 'marker'));
    expect(client.packets.map((packet) => packet.event)).not.toContain('#removeAuthToken');
    expect(client.storedToken()).not.toBe(null);
  }),

  duty('P4.8', 'a blocked handshake closes with the code of its error', async (stage) => {
    const server = await stage.server({}, (it) =>
      it.middleware('handshake', (action) => {
        if (action.type === 'handshakeWS') return;
        action.block(Object.assign(new Error('full'), { name: 'FullError', statusCode: 4501 }));
      }),
    );
    const client = stage.client(server);
    expect(await client.event('connectAbort')).toMatchObject({ code: 4501 });
    await stage.until('the error', () =>
      client.of('error').some(({ error }) => error.name === 'FullError'),
    );
    expect(await server.event('connectionAbort')).toMatchObject({ code: 4501 });
  }),

  duty('P4.8', 'a blocked handshake without a code closes with 4008', async (stage) => {
    const server = await stage.server({}, (it) =>
      it.middleware('handshake', (action) => {
        if (action.type !== 'handshakeWS') action.block(new Error('full'));
      }),
    );
    const client = stage.client(server);
    expect(await client.event('connectAbort')).toMatchObject({ code: 4008 });
    expect(await server.event('connectionAbort')).toMatchObject({ code: 4008 });
  }),

  duty('P4.7', 'a handshake that takes too long is closed with 4005', async (stage) => {
    const server = await stage.server({ handshakeTimeout: 80, pingInterval: 60_000 });
    // Far longer than a busy machine sleeps: version 16 of the client calls a connection that is closing 1005 when it
    // has its token just then.
    const client = stage.client(server, { tokenDelayMs: 5_000 });
    expect(await client.event('connectAbort')).toMatchObject({ code: 4005 });
    expect(await server.event('connectionAbort')).toMatchObject({ code: 4005 });
  }),

  duty('P4.14', 'what was asked for before the connection is sent in order', async (stage) => {
    const seen: string[] = [];
    const server = await stage.server({}, (it) =>
      it
        .procedure('third', () => 'answer')
        .middleware('inbound', (action) => {
          const name = action.channel ?? action.receiver ?? action.procedure;
          if (name) seen.push(`${action.type} ${name}`);
        }),
    );
    const client = stage.client(server);
    client.transmit('second');
    const answer = client.invoke('third');
    client.transmit('fourth');
    client.subscribe('first');
    expect(await stage.settled('the answer', answer)).toBe('answer');
    await stage.until('all packets', () => seen.length === 4);
    expect(seen).toEqual(['subscribe first', 'transmit second', 'invoke third', 'transmit fourth']);
  }),

  duty('P4.14', 'pending subscriptions are sent by priority', async (stage) => {
    const server = await stage.server();
    const client = stage.client(server);
    client.subscribe('low', { priority: 1 });
    client.subscribe('high', { priority: 9 });
    client.subscribe('middle', { priority: 5 });
    await server.event('subscription', 3);
    expect(server.of('subscription').map(({ channel }) => channel)).toEqual([
      'high',
      'middle',
      'low',
    ]);
  }),
  duty('P4.12', 'a second handshake is refused', async (stage) => {
    const { client, server } = await stage.connected();
    const error = await rejection(client.invoke('#handshake', { authToken: null }));
    expect(error.name).toBe('InvalidActionError');
    expect(server.of('connection')).toHaveLength(1);
    expect(client.state).toBe('open');
  }),
];
