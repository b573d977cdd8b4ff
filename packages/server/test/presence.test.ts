import { createTypedJsonCodec } from '@asyngular/protocol/internal';
import { within } from '@asyngular/test-utils/wait';
import { describe, expect, it } from 'vitest';
import { join, notices, openPresent, seen, untilSeen, watch } from './support/presence-client.js';
import { startServer, until } from './support/server.js';
import { sign } from './support/tokens.js';

const options = {
  userId: (socket: { authToken: { sub?: string } | null }) => socket.authToken?.sub,
  channels: { 'room:*': { presence: true }, 'live:*': { presence: 'count' as const } },
};
const asUser = (sub: string) => ({ authToken: sign({ sub }) });

describe('the extension', () => {
  it('P15.1 is agreed to when some pattern has presence, and is an ordinary name otherwise', async () => {
    const { server, connect } = await startServer({ channels: { a: { presence: false } } });
    const received = server.listener('connection').once();
    const client = connect();
    await client.opened();
    const ext = { presence: {} };
    expect((await client.request('#handshake', { authToken: null, ext })).data.ext).toBeUndefined();
    const { socket } = await within('the connection event', received);
    const message = socket.receiver('#presence').once();
    client.transmit('#presence', 'mine');
    expect(await within('the message', message)).toBe('mine');
    const { data } = await client.request('#subscribe', {
      channel: 'a',
      presence: { watch: true },
    });
    expect(data).toBeUndefined();
  });

  it('P15.2 gives each client a secret, and the same again to the client that has one', async () => {
    const server = await startServer(options);
    const [one, other] = [await openPresent(server), await openPresent(server)];
    expect(one.offer.client).toMatch(/^[\w-]{22}$/);
    expect(other.offer.client).not.toBe(one.offer.client);
    expect((await openPresent(server, { offer: one.offer })).offer.client).toBe(one.offer.client);
    const short = await openPresent(server, { offer: { client: 'short' } });
    expect(short.offer.client).toMatch(/^[\w-]{22}$/);
  });

  it('P15.3 keys of guests are the same on all connections and servers, and tell nothing', async () => {
    const [here, there] = [await startServer(options), await startServer(options)];
    const guest = await openPresent(here);
    const { key } = await join(guest.client, 'room:1', { state: 1 });
    expect(key).toMatch(/^[\w-]{20}$/);
    expect(key).not.toBe(guest.id);
    const again = await openPresent(there, { offer: guest.offer });
    expect(await join(again.client, 'room:2', { state: 1 })).toEqual({ key });
    const claimer = await openPresent(there, { offer: { client: key, was: guest.id } });
    expect((await join(claimer.client, 'room:2', { state: 1 })).key).not.toBe(key);
  });

  it('P15.3 keys of users are their ids', async () => {
    const server = await startServer(options);
    const { client } = await openPresent(server, asUser('ada'));
    expect(await join(client, 'room:1', { state: 1 })).toEqual({ key: 'ada' });
  });

  it('clients without it get nothing of presence', async () => {
    const server = await startServer(options);
    const old = await server.open();
    const { data } = await old.request('#subscribe', {
      channel: 'room:1',
      presence: { state: {}, watch: true },
    });
    expect(data).toBeUndefined();
    const { client } = await openPresent(server, asUser('ada'));
    await join(client, 'room:1', { state: {}, watch: true });
    await untilSeen(client, 'room:1', { ada: {} });
    await old.settled();
    expect(old.received.flat().filter(({ event }) => event === '#presence')).toEqual([]);
  });
});

describe('a member', () => {
  it('P15.4 enters with its subscription, and is seen by those who watch', async () => {
    const server = await startServer(options);
    const { client: watcher } = await openPresent(server, asUser('wim'));
    expect(await join(watcher, 'room:1', { watch: true })).toEqual({ key: 'wim' });
    await until('a sync', () => notices(watcher, 'room:1').length === 1);
    expect(notices(watcher, 'room:1')).toEqual([{ sync: true, page: 1, of: 1, members: [] }]);
    const { client } = await openPresent(server, asUser('ada'));
    await join(client, 'room:1', { state: { status: 'online' } });
    await until('a change', () => notices(watcher, 'room:1').length === 2);
    expect(notices(watcher, 'room:1')[1]).toEqual({
      enter: [{ key: 'ada', userId: 'ada', state: { status: 'online' }, at: expect.any(Number) }],
      count: 1,
    });
    await client.settled();
    expect(notices(client, 'room:1')).toEqual([]);
  });

  it('P15.4 may have any state, null included', async () => {
    const server = await startServer(options);
    const { client } = await openPresent(server, asUser('ada'));
    for (const state of [null, 0, '', false, [], { a: { b: 1 } }]) {
      await join(client, 'room:1', { state, watch: true });
      await untilSeen(client, 'room:1', { ada: state });
    }
  });

  it('P15.6 enters, updates and leaves later', async () => {
    const server = await startServer(options);
    const watcher = await watch(server, 'room:1');
    const { client } = await openPresent(server, asUser('ada'));
    await client.subscribe('room:1');
    const entered = await client.request('#presence', { channel: 'room:1', enter: { a: 1, b: 1 } });
    expect(entered.data).toEqual({ key: 'ada' });
    await untilSeen(watcher, 'room:1', { ada: { a: 1, b: 1 } });
    client.transmit('#presence', { channel: 'room:1', update: { b: 2, c: 2 } });
    await untilSeen(watcher, 'room:1', { ada: { a: 1, b: 2, c: 2 } });
    const updated = await client.request('#presence', { channel: 'room:1', update: 'away' });
    expect(updated).not.toHaveProperty('error');
    await untilSeen(watcher, 'room:1', { ada: 'away' });
    await client.request('#presence', { channel: 'room:1', leave: true });
    await untilSeen(watcher, 'room:1', {});
    expect(
      await client.request('#presence', { channel: 'room:1', leave: true }),
    ).not.toHaveProperty('error');
  });

  it('P15.11 with several connections is one, and leaves with the last of them', async () => {
    const server = await startServer(options);
    const watcher = await watch(server, 'room:1');
    const [{ client: one }, { client: other }] = [
      await openPresent(server, asUser('ada')),
      await openPresent(server, asUser('ada')),
    ];
    await join(one, 'room:1', { state: 'first' });
    await untilSeen(watcher, 'room:1', { ada: 'first' });
    await join(other, 'room:1', { state: 'second' });
    await untilSeen(watcher, 'room:1', { ada: 'second' });
    expect(notices(watcher, 'room:1').at(-1)).toEqual({
      update: [{ key: 'ada', state: 'second', n: 2 }],
      count: 1,
    });
    const late = (await openPresent(server)).client;
    await join(late, 'room:1', { watch: true });
    await untilSeen(late, 'room:1', { ada: 'second' });
    expect(notices(late, 'room:1')[0].members[0].n).toBe(2);
    await other.request('#presence', { channel: 'room:1', leave: true });
    await untilSeen(watcher, 'room:1', { ada: 'first' });
    await one.request('#unsubscribe', 'room:1');
    await untilSeen(watcher, 'room:1', {});
  });

  it.each([
    ['unsubscribes', (client: any) => client.request('#unsubscribe', 'room:1')],
    ['closes the connection for good', (client: any) => client.ws.close(1000)],
    [
      'closes it with a code of the application that is final',
      (client: any) => client.ws.close(4600),
    ],
  ])('P15.8 leaves at once when it %s', async (_, go) => {
    const server = await startServer({ ...options, presenceGrace: 60_000 });
    const watcher = await watch(server, 'room:1');
    const { client } = await openPresent(server, asUser('ada'));
    await join(client, 'room:1', { state: 1 });
    await untilSeen(watcher, 'room:1', { ada: 1 });
    await go(client);
    await untilSeen(watcher, 'room:1', {});
  });

  it('P15.8 leaves at once when it is kicked out, and may not enter then', async () => {
    const { server, ...context } = await startServer({ ...options, presenceGrace: 60_000 });
    const watcher = await watch(context, 'room:1');
    const { client, id } = await openPresent(context, asUser('ada'));
    await join(client, 'room:1', { state: 1, watch: true });
    await untilSeen(watcher, 'room:1', { ada: 1 });
    await untilSeen(client, 'room:1', { ada: 1 });
    await server.clients[id]!.kickOut('room:1');
    await untilSeen(watcher, 'room:1', {});
    const { error } = await client.request('#presence', { channel: 'room:1', enter: 1 });
    expect(error).toMatchObject({ name: 'InvalidActionError' });
    expect(seen(client, 'room:1')).toEqual({ ada: 1 });
  });

  it('P15.8 stays for a while when its connection is lost', async () => {
    const server = await startServer({ ...options, presenceGrace: 80 });
    const watcher = await watch(server, 'room:1');
    const { client } = await openPresent(server, asUser('ada'));
    await join(client, 'room:1', { state: 1 });
    await untilSeen(watcher, 'room:1', { ada: 1 });
    const lostAt = performance.now();
    client.terminate();
    await untilSeen(watcher, 'room:1', {});
    expect(performance.now() - lostAt).toBeGreaterThan(75);
  });

  it.each([
    ['a user', asUser('ada')],
    ['a guest', {}],
  ])('P15.8 %s who is back in time was never away', async (_, who) => {
    const server = await startServer({ ...options, presenceGrace: 60_000 });
    const watcher = await watch(server, 'room:1');
    const first = await openPresent(server, who);
    const { key } = await join(first.client, 'room:1', { state: 1 });
    await untilSeen(watcher, 'room:1', { [key]: 1 });
    first.client.terminate();
    const second = await openPresent(server, { ...who, offer: first.offer });
    expect(await join(second.client, 'room:1', { state: 1 })).toEqual({ key });
    // Somebody else's change shows that nothing came before it.
    const { client: other } = await openPresent(server, asUser('bob'));
    await join(other, 'room:1', { state: 2 });
    await untilSeen(watcher, 'room:1', { [key]: 1, bob: 2 });
    const [, entered, ...rest] = notices(watcher, 'room:1');
    expect(entered.enter).toHaveLength(1);
    expect(rest).toEqual([{ enter: [expect.objectContaining({ key: 'bob' })], count: 2 }]);
    await second.client.request('#presence', { channel: 'room:1', leave: true });
    await untilSeen(watcher, 'room:1', { bob: 2 });
  });

  it('P15.8 nobody can push out a member whose key and id are known', async () => {
    const server = await startServer({ ...options, presenceGrace: 60_000 });
    const guest = await openPresent(server);
    const { key } = await join(guest.client, 'room:1', { state: 1, watch: true });
    await untilSeen(guest.client, 'room:1', { [key]: 1 });
    const claims = { client: 'x'.repeat(22), was: guest.id };
    const claimer = await openPresent(server, { offer: claims });
    const claimed = await join(claimer.client, 'room:1', { state: 2 });
    await untilSeen(guest.client, 'room:1', { [key]: 1, [claimed.key]: 2 });
  });

  it('P15.15 changes its key with its user id', async () => {
    const server = await startServer(options);
    const watcher = await watch(server, 'room:1');
    const { client } = await openPresent(server);
    const { key } = await join(client, 'room:1', { state: 1 });
    await untilSeen(watcher, 'room:1', { [key]: 1 });
    await client.request('#authenticate', sign({ sub: 'ada' }));
    await untilSeen(watcher, 'room:1', { ada: 1 });
    expect(notices(client, 'room:1')).toEqual([{ key: 'ada' }]);
    await client.request('#removeAuthToken');
    await untilSeen(watcher, 'room:1', { [key]: 1 });
    expect(notices(client, 'room:1')).toEqual([{ key: 'ada' }, { key }]);
    const changes = notices(watcher, 'room:1').slice(2);
    expect(changes.map(({ enter, leave }) => [enter[0].key, leave])).toEqual([
      ['ada', [key]],
      [key, ['ada']],
    ]);
  });
});

describe('who watches', () => {
  it('P15.16 gets nothing more once it stops', async () => {
    const server = await startServer(options);
    const watcher = await watch(server, 'room:1');
    await untilSeen(watcher, 'room:1', {});
    await until('a sync', () => notices(watcher, 'room:1').length === 1);
    await watcher.request('#presence', { channel: 'room:1', watch: false });
    const { client } = await openPresent(server, asUser('ada'));
    await join(client, 'room:1', { state: 1, watch: true });
    await untilSeen(client, 'room:1', { ada: 1 });
    await watcher.settled();
    expect(notices(watcher, 'room:1')).toHaveLength(1);
    await watcher.request('#presence', { channel: 'room:1', watch: true });
    await untilSeen(watcher, 'room:1', { ada: 1 });
  });

  it('P15.14 is told how many there are where only that is shown', async () => {
    const server = await startServer(options);
    const watcher = await watch(server, 'live:1');
    await until('a count', () => notices(watcher, 'live:1').length === 1);
    const { client } = await openPresent(server, asUser('ada'));
    await join(client, 'live:1', { state: 1 });
    await until('another', () => notices(watcher, 'live:1').length === 2);
    expect(notices(watcher, 'live:1')).toEqual([{ count: 0 }, { count: 1 }]);
  });

  it('P15.14 is told how many there are of more than maxPresenceMembers', async () => {
    const { server, warnings, ...context } = await startServer({
      ...options,
      maxPresenceMembers: 10,
    });
    const watcher = await watch(context, 'room:1');
    const room = server.presence('room:1');
    const bots = Array.from({ length: 11 }, (_, n) => room.enter(`bot ${n}`, n));
    await until('a count', () => notices(watcher, 'room:1').at(-1)?.count === 11);
    expect(notices(watcher, 'room:1').at(-1)).toEqual({ count: 11 });
    await until('a warning', () => warnings.length === 1);
    expect(warnings[0]?.message).toContain('The room:1 channel has 11 members, more than the 10');
    expect(server.stats().limits.maxPresenceMembers).toBe(1);
    for (const bot of bots.slice(0, 3)) bot.leave();
    await untilSeen(
      watcher,
      'room:1',
      Object.fromEntries(bots.slice(3).map(({ key, state }) => [key, state])),
    );
    expect(notices(watcher, 'room:1').at(-1)).toMatchObject({ sync: true });
  });

  it('P15.10 gets many members in pages, in order', async () => {
    const { server, ...context } = await startServer(options);
    const room = server.presence('room:1');
    for (let n = 0; n < 1_100; n++) room.enter(`bot ${n}`, n);
    const { client } = await openPresent(context);
    await join(client, 'room:1', { watch: true });
    await until('all pages', () => notices(client, 'room:1').length === 3);
    const pages = notices(client, 'room:1');
    expect(pages.map(({ page, of, members }) => [page, of, members.length])).toEqual([
      [1, 3, 500],
      [2, 3, 500],
      [3, 3, 100],
    ]);
    expect(Object.keys(seen(client, 'room:1'))).toHaveLength(1_100);
  });

  it('P15.12 gets no more than 20 packets a second, however often states change', async () => {
    const server = await startServer(options);
    const watcher = await watch(server, 'room:1');
    const { client } = await openPresent(server, asUser('ada'));
    await join(client, 'room:1', { state: { x: 0 } });
    await untilSeen(watcher, 'room:1', { ada: { x: 0 } });
    const startMs = performance.now();
    const before = notices(watcher, 'room:1').length;
    for (let x = 1; x <= 100; x++) {
      await client.request('#presence', { channel: 'room:1', update: { x } });
    }
    await untilSeen(watcher, 'room:1', { ada: { x: 100 } });
    const seconds = (performance.now() - startMs) / 1_000;
    expect(notices(watcher, 'room:1').length - before).toBeLessThanOrEqual(seconds * 20 + 2);
  });

  it('P17 gets states as they are, whatever it speaks', async () => {
    const server = await startServer(options);
    const watchers = await Promise.all(
      [{ presence: {} }, { presence: {}, types: {} }].map(async (ext) => {
        const client = server.connect();
        await client.opened();
        await client.request('#handshake', { authToken: null, ext });
        await join(client, 'room:1', { watch: true });
        await until('a sync', () => notices(client, 'room:1').length === 1);
        return client;
      }),
    );
    const { client } = await openPresent(server, asUser('ada'));
    // What looks like a date to those who speak of types.
    await join(client, 'room:1', { state: ['$date', 'no date'] });
    const codec = createTypedJsonCodec();
    await until('both', () => watchers.every((each) => notices(each, 'room:1').length === 2));
    const [plain, typed] = watchers.map((each) => notices(each, 'room:1')[1].enter[0].state);
    expect(plain).toEqual(['$date', 'no date']);
    expect(codec.decode(JSON.stringify(typed))).toEqual(plain);
  });

  it('is counted in stats() and health()', async () => {
    const { server, ...context } = await startServer(options);
    expect(server.stats().presence).toEqual({
      members: 0,
      remoteMembers: 0,
      watched: 0,
      watchers: 0,
      repairs: 0,
    });
    const { client } = await openPresent(context);
    await join(client, 'room:1', { state: 1, watch: true });
    const { client: other } = await openPresent(context);
    await join(other, 'room:1', { watch: true });
    await until('both', () => server.stats().presence?.watchers === 2);
    expect(server.health().presence).toMatchObject({ members: 1, watched: 1, watchers: 2 });
    client.terminate();
    other.terminate();
    await until('neither', () => server.stats().presence?.watchers === 0);
    const { server: without } = await startServer();
    expect(without.stats().presence).toBeUndefined();
  });
});
