import { contract } from '@asyngular/contract';
import { JwtAuthEngine } from '@asyngular/server';
import { until } from '@asyngular/test-utils/wait';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type {
  ChannelDetails,
  ChannelRow,
  Forms,
  Overview,
  Page,
  SocketDetails,
  SocketRow,
  Tail,
} from '../src/api/snapshots.js';
import { preview } from '../src/views/preview.js';
import { startInspected } from './support/inspected.js';

const userId = (socket: { authToken: { sub?: string } | null }) => socket.authToken?.sub;

/** A server on which users are known by their tokens. */
async function startWithUsers() {
  const inspected = await startInspected({ server: { userId } });
  const openAs = async (sub: string) => inspected.open(await inspected.server.signToken({ sub }));
  return { ...inspected, openAs };
}

describe('the overview', () => {
  it('shows the server, and counts publications from the first look until nobody looks', async () => {
    const { server, open, read, clock } = await startInspected();
    const publish = () => server.exchange.transmitPublish('news', 1);
    await open();
    publish();
    const first = await read<Overview>('overview');
    expect(first).toMatchObject({
      readOnly: false,
      status: 'ok',
      publications: 0,
      stats: { clients: 1, limits: { maxPayload: 0 } },
      broker: { name: 'memory', status: 'connected' },
      servers: [{ clients: 1 }],
    });
    publish();
    publish();
    expect((await read<Overview>('overview')).publications).toBe(2);
    clock.pass(9_000);
    expect((await read<Overview>('overview')).publications).toBe(2);
    clock.pass(10_000);
    publish();
    expect((await read<Overview>('overview')).publications).toBe(0);
  });
});

describe('sockets', () => {
  it('come in parts of one order, which a look after it does not change', async () => {
    const { open, read, clock } = await startInspected();
    for (let count = 0; count < 5; count++) await open();
    const first = await read<Page<SocketRow>>('sockets?order=oldest&limit=2');
    expect(first).toMatchObject({ offset: 0, matching: 5, total: 5 });
    await open();
    clock.pass(2_000);
    const rest = await read<Page<SocketRow>>(
      `sockets?order=oldest&limit=50&offset=2&list=${first.list}`,
    );
    expect(rest).toMatchObject({ list: first.list, offset: 2, matching: 5 });
    const ids = [...first.rows, ...rest.rows].map(({ id }) => id);
    expect(new Set(ids).size).toBe(5);
    const fresh = await read<Page<SocketRow>>('sockets?order=newest');
    expect(fresh.matching).toBe(6);
    expect(fresh.rows.slice(1).map(({ id }) => id)).toEqual(ids.reverse());
  });

  it('keep the name of a list that is the same again', async () => {
    const { open, read, clock } = await startInspected();
    await open();
    const { list } = await read<Page<SocketRow>>('sockets');
    clock.pass(10_000);
    expect((await read<Page<SocketRow>>('sockets')).list).toBe(list);
    await open();
    clock.pass(10_000);
    expect((await read<Page<SocketRow>>('sockets')).list).not.toBe(list);
  });

  it('are found by id, user, address and channel', async () => {
    const { server, openAs, open, read } = await startWithUsers();
    const ann = await openAs('Ann');
    await openAs('anna');
    await open();
    await ann.subscribe('room:1');
    const found = async (search: string) =>
      (await read<Page<SocketRow>>(`sockets?search=${encodeURIComponent(search)}`)).rows.map(
        ({ user }) => user,
      );
    expect((await found('ann')).sort()).toEqual(['Ann', 'anna']);
    expect(await found('user:Ann')).toEqual(['Ann']);
    expect(await found('channel:room:1')).toEqual(['Ann']);
    expect(await found('channel:room:2')).toEqual([]);
    expect(await found('127.0.0.1')).toHaveLength(3);
    const [id] = Object.keys(server.clients);
    expect(await found(id!)).toHaveLength(1);
    expect(await found('nobody')).toEqual([]);
  });

  it('have an IPv4 address by itself, also where the listener is one for both kinds', async () => {
    const { server, open, read } = await startInspected();
    server.use('handshake', ({ request }) => {
      Object.assign(request, { forwardedForAddress: '::ffff:203.0.113.7' });
    });
    await open();
    const { rows } = await read<Page<SocketRow>>('sockets?search=203.0');
    expect(rows.map(({ address }) => address)).toEqual(['203.0.113.7']);
  });

  it('are ordered by what they have most of', async () => {
    const { open, read, clock } = await startInspected();
    const clients = [await open(), await open(), await open()];
    await read('sockets?order=busiest');
    for (const [times, client] of [3, 9, 6].entries()) {
      for (let time = 0; time < client; time++) await clients[times]!.subscribe(`room:${time}`);
    }
    clock.pass(10_000);
    const rows = async (order: string) =>
      (await read<Page<SocketRow>>(`sockets?order=${order}`)).rows;
    expect((await rows('channels')).map(({ channels }) => channels)).toEqual([9, 6, 3]);
    expect((await rows('received')).map(({ received }) => received)).toEqual([10, 7, 4]);
    const busiest = await rows('busiest');
    expect(busiest.map(({ receivedRate }) => receivedRate)).toEqual([0.9, 0.6, 0.3]);
  });

  it('show what is in the way of one, and no token', async () => {
    const { server, openAs, read, ask } = await startWithUsers();
    const client = await openAs('ann');
    await client.subscribe('b');
    await client.subscribe('a');
    const [socket] = Object.values(server.clients);
    const response = await ask(`api/socket?id=${socket!.id}`);
    const text = await response.text();
    expect(text).not.toContain(socket!.signedAuthToken);
    const details: SocketDetails = JSON.parse(text);
    expect(details).toMatchObject({
      id: socket!.id,
      user: 'ann',
      address: '127.0.0.1',
      state: 'open',
      isAuthenticated: true,
      names: ['a', 'b'],
      received: 3,
    });
    expect(details.tokenExpires).toBeGreaterThan(Date.now());
    await expect(read('socket?id=unknown')).rejects.toThrow('404 The socket unknown is not open');
    await expect(read('socket?id=__proto__')).rejects.toThrow('404');
  });
});

describe('channels', () => {
  it('show subscribers, rates, history and who is there', async () => {
    const { server, open, read, clock } = await startInspected({
      server: { channels: { 'room:*': { history: {}, presence: true } } },
    });
    const clients = [await open(), await open()];
    await clients[0]!.subscribe('room:1');
    await clients[1]!.subscribe('room:1');
    await clients[0]!.subscribe('plain');
    server.presence('room:1').enter('bot', { mood: 'fine' });
    await read('channels');
    clock.pass(1_000);
    for (let time = 0; time < 4; time++) {
      await server.exchange.invokePublish('room:1', { text: `line ${time}` });
    }
    clock.pass(1_000);
    const list = await read<Page<ChannelRow>>('channels?order=sockets');
    expect(list).toMatchObject({
      total: 2,
      rows: [
        { name: 'room:1', sockets: 2, published: 4, rate: 2, hasHistory: true, hasPresence: true },
        { name: 'plain', sockets: 1, published: 0, hasHistory: false, hasPresence: false },
      ],
    });
    expect((await read<Page<ChannelRow>>('channels?search=pla')).matching).toBe(1);
    const details = await read<ChannelDetails>('channel?name=room:1');
    expect(details.subscribers).toHaveLength(2);
    expect(details.history?.[0]?.preview).toBe('{"text":"line 3"}');
    expect(details.presence).toMatchObject({
      count: 1,
      members: [{ key: 'bot', state: '{"mood":"fine"}', connections: 1 }],
    });
    expect(await read<ChannelDetails>('channel?name=nobody')).toMatchObject({ sockets: 0 });
  });
});

describe('a tail', () => {
  it('of a channel shows a sample, and says of how much', async () => {
    const { server, read, clock } = await startInspected();
    const tail = (after: number) => read<Tail>(`tail?of=channel&name=news&after=${after}`);
    expect(await tail(0)).toMatchObject({ seen: 0, lines: [] });
    for (let time = 0; time < 1_000; time++) server.exchange.transmitPublish('news', { time });
    const burst = await tail(0);
    expect(burst).toMatchObject({ seen: 1_000, shown: 20, perSecond: 20 });
    expect(burst.lines.map(({ text }) => text).slice(0, 2)).toEqual(['{"time":0}', '{"time":1}']);
    clock.pass(500);
    for (let time = 0; time < 1_000; time++) server.exchange.transmitPublish('news', { time });
    const next = await tail(20);
    expect(next).toMatchObject({ seen: 2_000, shown: 30 });
    expect(next.lines.map(({ number }) => number)).toEqual([
      21, 22, 23, 24, 25, 26, 27, 28, 29, 30,
    ]);
  });

  it('ends when the viewer goes', async () => {
    const { server, read, clock } = await startInspected();
    await read('tail?of=channel&name=news');
    await until('the watcher', () => server.brokerEngine.isSubscribed('news'));
    clock.pass(5_000);
    await read('tail?of=channel&name=news');
    clock.pass(5_000);
    expect(server.brokerEngine.isSubscribed('news')).toBe(true);
    clock.pass(1_000);
    await until('its end', () => !server.brokerEngine.isSubscribed('news'));
  });

  it('of a socket shows both ways without heartbeats and tokens, and its end', async () => {
    const { server, open, read } = await startInspected({ server: { authKey: 'key' } });
    server.handle('add', ([a, b]: [number, number]) => a + b);
    const client = await open();
    const [socket] = Object.values(server.clients);
    const tail = () => read<Tail>(`tail?of=socket&name=${socket!.id}`);
    await tail();
    expect((await client.request('add', [1, 2])).data).toBe(3);
    const token = await new JwtAuthEngine().signToken({ name: 'ann' }, 'key', {});
    await client.request('#authenticate', token);
    await until('four lines', async () => (await tail()).lines.length >= 4);
    const lines = (await tail()).lines.map(({ way, text }) => `${way} ${text}`);
    expect(lines).toContain('in add (call 2) [1,2]');
    expect(lines).toContain('out answer to 2 3');
    expect(lines).toContain('in #authenticate (call 3) (not shown)');
    expect(lines.join()).not.toContain(token);
    client.close();
    await client.whenClosed();
    await until('the end', async () => (await tail()).ended !== undefined);
    expect((await tail()).ended).toMatch(/closed with 1000/);
  });

  it('of a socket shows what a client sends that is no packet, and goes on', async () => {
    const { server, open, read } = await startInspected();
    const client = await open();
    const [socket] = Object.values(server.clients);
    const tail = (after: number) => read<Tail>(`tail?of=socket&name=${socket!.id}&after=${after}`);
    await tail(0);
    // The first has no text, the others take more than an answer may have.
    client.send('{"event":{"toString":1},"cid":{"toString":1},"data":1}');
    client.send(JSON.stringify({ event: 'e'.repeat(60_000) }));
    client.send(
      JSON.stringify(Array(10).fill({ event: '\u0001'.repeat(600), data: '\u0001'.repeat(600) })),
    );
    client.send('{"event":"last"}');
    const texts: string[] = [];
    let after = 0;
    await until('the last line', async () => {
      const { lines } = await tail(after);
      after = lines.at(-1)?.number ?? after;
      texts.push(...lines.filter(({ way }) => way === 'in').map(({ text }) => text));
      return texts.some((text) => text.startsWith('last'));
    });
    expect(texts).toHaveLength(4);
    expect(texts[0]).toBe('{"toString":1} (call {"toString":1}) 1');
    expect(texts[1]).toMatch(/^e{500}… undefined$/);
  });

  it('is one of eight at most', async () => {
    const { read, clock } = await startInspected();
    for (let count = 0; count < 8; count++) await read(`tail?of=channel&name=${count}`);
    await read('tail?of=channel&name=0');
    await expect(read('tail?of=channel&name=9')).rejects.toThrow(/429 8 channels and sockets/);
    clock.pass(6_000);
    await read('tail?of=channel&name=9');
  });

  it('of what cannot be text says so', async () => {
    const { server, read } = await startInspected();
    const tail = async () => (await read<Tail>('tail?of=channel&name=a')).lines;
    await tail();
    server.exchange.transmitPublish('a', {
      big: 1n,
      map: new Map([['a', 1]]),
      bytes: Buffer.from('abc'),
    });
    server.exchange.transmitPublish('a', 'x'.repeat(100_000));
    server.exchange.transmitPublish('a', 'x'.repeat(1_000));
    const [values, huge, long] = (await tail()).map(({ text }) => text);
    expect(values).toContain('"1n"');
    expect(values).toContain('{"Map":[["a",1]]}');
    expect(values).toContain('(3 bytes)');
    expect(huge).toMatch(/^\(100,\d+ bytes\)$/);
    expect(long).toHaveLength(501);
  });
});

it('no more of a large value is looked at than is shown', () => {
  let looks = 0;
  const item = {
    toJSON() {
      looks++;
      return 'x';
    },
  };
  const items = Array<unknown>(100_000).fill(item);
  const circle: Record<string, unknown> = { a: new Date(0), b: undefined };
  circle.self = circle;
  for (const value of [items, { items }, new Map([['items', items]]), new Set([items])]) {
    looks = 0;
    expect(preview(() => value)).toHaveLength(501);
    expect(looks).toBeLessThan(200);
  }
  expect(preview(() => circle)).toContain('{"a":"1970-01-01T00:00:00.000Z","self":{"a":');
  expect(preview(() => ({ '': [undefined, null, Number.NaN, true, '"'] }))).toBe(
    '{"":[undefined,null,NaN,true,"\\""]}',
  );
});

describe('forms', () => {
  it('are made from the schemas of the contract, as the server takes them', async () => {
    const api = contract({
      channels: {
        'room:{id}': z.object({ text: z.string(), at: z.string().transform(Number) }),
        news: { data: z.enum(['good', 'bad']) },
      },
    });
    const { read } = await startInspected({ server: { contract: api } });
    const { isOpen, forms } = await read<Forms>('forms');
    expect(isOpen).toBe(false);
    expect(forms).toMatchObject([
      {
        channel: 'room:{id}',
        schema: {
          type: 'object',
          properties: { text: { type: 'string' }, at: { type: 'string' } },
        },
      },
      { channel: 'news', schema: { enum: ['good', 'bad'] } },
    ]);
  });

  it('are none without a contract', async () => {
    const { read } = await startInspected();
    expect(await read<Forms>('forms')).toEqual({ isOpen: true, forms: [] });
  });
});

describe('actions', () => {
  it('disconnect a socket, and say who did', async () => {
    const { server, openAs, act, lines } = await startWithUsers();
    const client = await openAs('ann');
    const [socket] = Object.values(server.clients);
    const action = { action: 'disconnect', id: socket!.id, code: 3_000, reason: 'please update' };
    expect((await act(action)).status).toBe(200);
    expect(await client.whenClosed()).toEqual({ code: 3_000, reason: 'please update' });
    expect(lines.at(-1)).toBe(
      `asyngular: inspector: somebody disconnected the socket ${socket!.id} of ann with 3000 (please update)`,
    );
    expect((await act(action)).status).toBe(404);
    expect((await act({ ...action, code: 1_006 })).status).toBe(400);
  });

  it('take a socket out of a channel', async () => {
    const { server, open, act, lines } = await startInspected();
    const client = await open();
    await client.subscribe('news');
    const [socket] = Object.values(server.clients);
    const kick = { action: 'kick', id: socket!.id, channel: 'news', message: 'off topic' };
    const told = client.nextEvent('#kickOut');
    expect((await act(kick)).status).toBe(200);
    expect(await told).toMatchObject({ data: { channel: 'news', message: 'off topic' } });
    expect(socket!.isSubscribed('news')).toBe(false);
    expect(lines.at(-1)).toContain(`took the socket ${socket!.id} out of the channel news`);
    expect((await act(kick)).status).toBe(404);
  });

  it('publish what the contract allows', async () => {
    const api = contract({ channels: { news: z.object({ text: z.string() }) } });
    const { open, act, lines } = await startInspected({ server: { contract: api } });
    const client = await open();
    await client.subscribe('news');
    const arrived = client.nextEvent('#publish');
    const publish = (channel: string, data: unknown) => act({ action: 'publish', channel, data });
    expect((await publish('news', { text: 'hello' })).status).toBe(200);
    expect(await arrived).toMatchObject({ data: { channel: 'news', data: { text: 'hello' } } });
    const wrong = await publish('news', { text: 1 });
    expect(wrong.status).toBe(422);
    expect((await wrong.json()).error).toMatch(/text/);
    expect((await publish('elsewhere', 1)).status).toBe(422);
    expect(lines.filter((line) => line.includes('inspector:'))).toHaveLength(1);
  });
});
