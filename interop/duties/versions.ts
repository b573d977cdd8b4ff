import { expect } from 'vitest';
import { duty } from '../support/duty.js';
import { ourClient } from '../support/stream-client.js';

/** P11: both versions of the protocol. */
export const versions = [
  duty('P11.1 P11.2', 'clients of both versions on one server', async (stage) => {
    const { client, server } = await stage.connected({
      server: { pingInterval: 100, pingTimeout: 1_500 },
    });
    const version = stage.pair.client.version === 1 ? 2 : 1;
    const { client: other } = await stage.join(server, { protocolVersion: version }, ourClient);
    const seen: unknown[] = [];
    for (const each of [client, other]) {
      each.subscribe('news');
      each.watch('news', (data) => seen.push(data));
      await each.subscribed('news');
    }
    const pongs = (text: string) =>
      server.sockets.flatMap(({ messages }) => messages.map(String)).filter((it) => it === text);
    await stage.until(
      'both kinds of pong, for longer than the limit',
      () => pongs('').length >= 16 && pongs('#2').length >= 16,
      () => server.of('disconnection').map(({ code }) => code),
    );
    expect(server.of('disconnection')).toEqual([]);
    client.publish('news', 'one');
    other.publish('news', 'two');
    await stage.until('all publications', () => seen.length === 4);
  }),

  duty('P11.4', 'version 1: the client closes with code and reason', async (stage) => {
    const { client, server } = await stage.connected({
      server: stage.speaking(1),
      client: { protocolVersion: 1 },
    });
    client.disconnect(4567, 'enough');
    expect(await server.event('disconnection')).toMatchObject({ code: 4567, reason: 'enough' });
  }),

  duty('P9.2 P11.1', 'version 1: the server closes with code and reason', async (stage) => {
    const { client, socket } = await stage.connected({
      server: stage.speaking(1),
      client: { protocolVersion: 1 },
    });
    void socket.disconnect(4567, 'closing time');
    expect(await client.event('disconnect')).toMatchObject({ code: 4567, reason: 'closing time' });
  }),
  duty('P11.5', 'version 1: a channel name in place of the #subscribe object', async (stage) => {
    const { client, socket } = await stage.connected({
      server: stage.speaking(1),
      client: { protocolVersion: 1 },
    });
    await client.invoke('#subscribe', 'news');
    expect(socket.subscriptions()).toEqual(['news']);
  }),
];
