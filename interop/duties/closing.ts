import { pause, rejection } from '@asyngular/test-utils/wait';
import { expect } from 'vitest';
import { duty } from '../support/duty.js';
import { signToken } from '../support/server.js';

/** P9: ends of connections, and what comes after them. */
export const closing = [
  duty('P9.1 P9.2 P9.3', 'the client closes with code and reason', async (stage) => {
    const { client, server } = await stage.connected();
    client.disconnect(4567, 'enough');
    expect(await server.event('disconnection')).toMatchObject({ code: 4567, reason: 'enough' });
    expect(await client.event('disconnect')).toMatchObject({ code: 4567, reason: 'enough' });
    const { warning } = await server.event('warning');
    expect(warning).toMatchObject({ name: 'SocketProtocolError', code: 4567 });
  }),

  duty('P9.3', 'an ordinary close is no error', async (stage) => {
    const { client, server } = await stage.connected();
    client.disconnect();
    expect((await server.event('disconnection')).code).toBe(1000);
    await pause(20);
    expect(server.of('warning')).toEqual([]);
    expect(client.of('error')).toEqual([]);
    expect(client.state).toBe('closed');
  }),

  duty('P9.1 P9.2 P9.6', 'the server closes for good with code and reason', async (stage) => {
    const { client, socket } = await stage.connected();
    void socket.disconnect(4567, 'closing time');
    expect(await client.event('disconnect')).toMatchObject({ code: 4567, reason: 'closing time' });
    await pause(80);
    expect(client.state).toBe('closed');
    expect(client.of('connect')).toHaveLength(1);
  }),

  duty('P9.6', 'the client returns after other codes', async (stage) => {
    const { client, socket } = await stage.connected();
    void socket.disconnect(4100, 'come back');
    await client.event('connect', 2);
    expect(client.of('disconnect')).toMatchObject([{ code: 4100 }]);
  }),

  duty('P9.6 P1.7', 'the client returns after a broken connection', async (stage) => {
    const { client, socket } = await stage.connected();
    socket.terminate();
    await client.event('connect', 2);
    expect(client.of('disconnect')).toMatchObject([{ code: 1006 }]);
  }),

  duty('P9.7', 'calls of the client in flight are rejected', async (stage) => {
    const { client, socket } = await stage.connected();
    const answer = rejection(client.invoke('nobody'));
    await pause(5);
    void socket.disconnect(4567, 'gone');
    const error = await stage.settled('the rejection', answer);
    expect(error).toMatchObject({ name: 'BadConnectionError', type: 'disconnect' });
  }),

  duty('P9.7', 'calls of the server in flight are rejected', async (stage) => {
    const { client, socket } = await stage.connected();
    client.procedure('hang', () => new Promise(() => {}));
    const answer = rejection(socket.invoke('hang'));
    await pause(5);
    client.disconnect(4567, 'gone');
    const error = await stage.settled('the rejection', answer);
    expect(error).toMatchObject({ name: 'BadConnectionError', type: 'disconnect' });
  }),

  duty('P4.1 P4.14 P9.6', 'after a restart token and subscriptions are back', async (stage) => {
    const { client, server } = await stage.connected({
      client: { token: signToken({ name: 'ann' }) },
      prepare: (it) => it.procedure('echo', (data) => data),
    });
    const seen: unknown[] = [];
    client.subscribe('private', { waitForAuth: true });
    client.subscribe('news');
    client.watch('news', (data) => seen.push(data));
    await client.subscribed('news');
    await client.subscribed('private');
    await server.restart();
    expect(await client.event('connect', 2)).toMatchObject({ isAuthenticated: true });
    await server.event('subscription', 4);
    await client.subscribed('news');
    await client.subscribed('private');
    await server.native.exchange.invokePublish('news', 'again');
    await stage.until('the publication', () => seen.length === 1);
    expect(seen).toEqual(['again']);
    expect(await client.invoke('echo', 'back')).toBe('back');
    expect(server.of('connection')[1].socket.authToken.name).toBe('ann');
  }),
  duty('P9.4', 'a reason of the server that is an object', async (stage) => {
    const { client, socket } = await stage.connected();
    await socket.disconnect(4567, { why: 'closing time' });
    const { code, reason } = await client.event('disconnect');
    expect([code, reason]).toEqual([4567, { why: 'closing time' }]);
  }),

  duty('P9.5', 'a reason of the server that is too long is cut', async (stage) => {
    const { client, socket } = await stage.connected();
    await socket.disconnect(4567, 'é'.repeat(100));
    expect(await client.event('disconnect')).toMatchObject({ code: 4567, reason: 'é'.repeat(61) });
  }),

  duty('P9.5', 'a reason of the client that is too long is cut', async (stage) => {
    const { client, server } = await stage.connected();
    client.disconnect(4567, 'é'.repeat(100));
    const { code, reason } = await server.event('disconnection');
    expect(code).toBe(4567);
    expect(reason).toBe('é'.repeat(61));
  }),
];
