import { expect } from 'vitest';
import { duty } from '../support/duty.js';

/** P1: how a connection comes about, and the order of what travels on it. */
export const transport = [
  duty('P1.1 P1.2 P1.4', 'path and query reach the server', async (stage) => {
    const { socket } = await stage.connected({
      client: { query: { user: 'ann', tag: ['a', 'b'] }, timestampRequests: true },
    });
    const url = new URL(socket.request.url, 'ws://localhost');
    expect(url.pathname).toBe('/asyngular/');
    expect(url.searchParams.get('user')).toBe('ann');
    expect(url.searchParams.getAll('tag')).toEqual(['a', 'b']);
    expect(Number(url.searchParams.get('t'))).toBeGreaterThan(1e12);
  }),

  duty('P1.4 P1.7', 'another path is refused and seen as 1006', async (stage) => {
    const server = await stage.server();
    const client = stage.client(server, { path: '/elsewhere/' });
    expect(await client.event('connectAbort')).toMatchObject({ code: 1006 });
    expect(server.sockets).toEqual([]);
  }),

  duty('P1.5 P1.7', 'an upgrade that middleware blocks is seen as 1006', async (stage) => {
    const server = await stage.server({}, (it) =>
      it.middleware('handshake', (action) => {
        if (action.type === 'handshakeWS') action.block(new Error('not you'));
      }),
    );
    const client = stage.client(server);
    expect(await client.event('connectAbort')).toMatchObject({ code: 1006 });
    expect((await server.event('warning')).warning.message).toBe('not you');
    expect(server.sockets).toEqual([]);
  }),

  duty('P1.10', 'packets are handled in the order of arrival', async (stage) => {
    const seen: unknown[] = [];
    const { client } = await stage.connected({
      prepare: (it) =>
        it
          .procedure('step', () => 'done')
          .middleware('inbound', (action) => {
            if (action.type === 'invoke' || action.type === 'transmit') seen.push(action.data);
          }),
    });
    const answers: Promise<unknown>[] = [];
    for (let step = 0; step < 40; step += 1) {
      if (step % 2) client.transmit('step', step);
      else answers.push(client.invoke('step', step));
    }
    await stage.settled('the answers', Promise.all(answers));
    await stage.until('all packets', () => seen.length === 40);
    expect(seen).toEqual([...Array(40).keys()]);
  }),

  duty('P1.11', 'an answer to the client never overtakes a transmit', async (stage) => {
    const { client } = await stage.connected({
      prepare: (it) =>
        it.procedure('step', (data, socket) => {
          socket.transmit('before', data);
          return data;
        }),
    });
    for (let step = 0; step < 3; step += 1) await client.invoke('step', step);
    await stage.until(
      'all transmits',
      () => client.packets.filter((packet) => packet.event === 'before').length === 3,
    );
    const order = client.packets
      .filter((packet) => packet.event === 'before' || typeof packet.data === 'number')
      .map((packet) => packet.event ?? 'answer');
    expect(order).toEqual(['before', 'answer', 'before', 'answer', 'before', 'answer']);
  }),

  duty('P1.11', 'an answer to the server never overtakes a transmit', async (stage) => {
    const seen: unknown[] = [];
    const { client, server, socket } = await stage.connected({
      prepare: (it) => it.receiver('before', (data) => seen.push(data)),
    });
    client.procedure('step', (data) => {
      client.transmit('before', data);
      return data;
    });
    for (let step = 0; step < 3; step += 1) await socket.invoke('step', step);
    await stage.until('all transmits', () => seen.length === 3);
    const order = server.sockets[0]!.messages.map(String)
      .filter((text) => text.startsWith('{') && !text.includes('#handshake'))
      .map((text) => JSON.parse(text).event ?? 'answer');
    expect(order).toEqual(['before', 'answer', 'before', 'answer', 'before', 'answer']);
  }),
];
