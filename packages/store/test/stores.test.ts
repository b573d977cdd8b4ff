import { onCleanup } from '@asyngular/test-utils/cleanup';
import { until } from '@asyngular/test-utils/wait';
import { expect, it } from 'vitest';
import { Stores, storesOf } from '../src/index.js';
import { setup, snapshotOf, use } from './support/setup.js';

const isLive = ({ status }: { status: string }) => status === 'live';

it.each([0, -1, 1.5, Number.NaN, '5'])(
  'refuses a limit of %s, which would bound nothing',
  async (given) => {
    const { stores } = await setup();
    const limit = given as number;
    for (const open of [
      () => stores.messages('room:1', { limit }),
      () => stores.stream('count', 1, { limit }),
    ]) {
      expect(open).toThrow(
        /^The limit option of (messages|stream)\(\) is .* a whole number of entries, 1 or more/,
      );
    }
  },
);

it('are the same ones for one socket', async () => {
  const { socket, connect } = await setup();
  expect(storesOf(socket)).toBe(storesOf(socket));
  expect(storesOf(socket)).not.toBe(storesOf(connect()));
});

it('the connection is connecting, open, offline, open and closed', async () => {
  const { stores, timing, proxy, socket } = await setup({}, { autoConnect: false });
  const store = stores.connection();
  use(store);
  await snapshotOf(store, timing, 'nothing yet', ({ status }) => status === 'closed');
  socket.connect();
  await snapshotOf(store, timing, 'an attempt', ({ status }) => status === 'connecting');
  const { id } = await snapshotOf(store, timing, 'it', ({ status }) => status === 'open');
  expect(id).toBe(socket.id);
  proxy.cut();
  const lost = await snapshotOf(store, timing, 'the loss', ({ attempts }) => attempts > 1);
  expect(lost).toMatchObject({ status: 'offline', id: null });
  expect(lost.error).toBeInstanceOf(Error);
  proxy.restore();
  const back = await snapshotOf(store, timing, 'it', ({ status }) => status === 'open');
  expect(back).toMatchObject({ error: null, attempts: 0 });
  socket.disconnect();
  await snapshotOf(store, timing, 'the end', ({ status }) => status === 'closed');
});

it('auth follows the token', async () => {
  const { stores, timing, server, socket } = await setup();
  server.handle('login', (name: string, { socket: own }) => own.setAuthToken({ name }));
  const store = stores.auth();
  use(store);
  expect(store.getSnapshot()).toEqual({ status: 'unauthenticated', data: null, error: null });
  await socket.invoke('login', 'Ada');
  const { data } = await snapshotOf(store, timing, 'a token', (s) => s.status === 'authenticated');
  expect(data?.name).toBe('Ada');
  await socket.deauthenticate();
  await snapshotOf(store, timing, 'none', (s) => s.status === 'unauthenticated' && !s.data);
});

it('the latest value is the last of the log, then what follows', async () => {
  const { stores, timing, connect } = await setup();
  const other = connect();
  for (const price of [1, 2]) await other.invokePublish('room:acme', price);
  const store = stores.latest('room:acme', { initial: 0 });
  expect(store.getSnapshot().data).toBe(0);
  use(store);
  await snapshotOf(store, timing, 'the last one', ({ data }) => data === 2);
  await other.invokePublish('room:acme', 3);
  await snapshotOf(store, timing, 'the next one', ({ data }) => data === 3);
  const late = stores.latest('room:acme', { priority: 1 });
  use(late);
  await snapshotOf(late, timing, 'the last one', ({ data }) => data === 3);
});

it('a callback can tell the past from what is said now', async () => {
  const { stores, connect } = await setup();
  const other = connect();
  await other.invokePublish('room:1', 'before');
  const seen: unknown[] = [];
  const store = stores.channel('room:1', { rewind: 10 });
  onCleanup(store.read((data, { recovered, position }) => seen.push([data, recovered, position])));
  await until('the past', () => seen.length === 1);
  const published = await other.invokePublish('room:1', 'now');
  await until('what is said now', () => seen.length === 2);
  expect(seen).toEqual([
    ['before', true, expect.any(String)],
    ['now', false, published!.position],
  ]);
});

it('the gap of a latest value is over with the next one', async () => {
  const { stores, timing, connect, proxy } = await setup();
  const other = connect();
  const store = stores.latest('plain');
  use(store);
  await snapshotOf(store, timing, 'a live channel', isLive);
  proxy.cut();
  await snapshotOf(store, timing, 'the loss', ({ status }) => status === 'offline');
  proxy.restore();
  await snapshotOf(store, timing, 'a gap', ({ gap, status }) => gap && status === 'live');
  await other.invokePublish('plain', 7);
  await snapshotOf(store, timing, 'a value', ({ data, gap }) => data === 7 && !gap);
});

it('a channel gives its readers each publication at once, and goes with the last of them', async () => {
  const { stores, timing, socket, connect, frames } = await setup();
  const store = stores.channel('room:1');
  const seen: unknown[] = [];
  const stop = store.read((data) => seen.push(data));
  await socket.channel('room:1').subscribed();
  await connect().invokePublish('room:1', 'a');
  await until('it', () => seen.length === 1);
  stop();
  timing.pass(1_000);
  await until('the end', () => frames.length === 2);
});

it('members are those who show a state; watching is not being seen', async () => {
  const { stores, timing, connect, frames } = await setup();
  const store = stores.presence('room:1', { status: 'online' });
  const stop = use(store);
  const otherSocket = connect();
  const other = new Stores(otherSocket, timing).presence('room:1');
  use(other);
  const seen = await snapshotOf(other, timing, 'a member', ({ count }) => count === 1);
  expect(seen.me).toBeNull();
  expect(seen.members[0]?.state).toEqual({ status: 'online' });
  const { me } = await snapshotOf(store, timing, 'oneself', (s) => s.me !== null);
  expect(me?.key).toBe(seen.members[0]?.key);
  expect(frames).toEqual(['#subscribe room:1']);

  // The same state again is not one: an update stays.
  store.update({ status: 'typing' });
  stop();
  const again = use(stores.presence('room:1', { status: 'online' }));
  const isTyping = (s: typeof seen) => s.members[0]?.state.status === 'typing';
  await snapshotOf(other, timing, 'the update', isTyping);

  again();
  use(stores.presence('room:1', { status: 'away' }));
  const isAway = (s: typeof seen) => s.members[0]?.state.status === 'away';
  await snapshotOf(other, timing, 'another state', isAway);
  expect(other.getSnapshot().count).toBe(1);
});

it('a member leaves a second after the last store with a state, and watches on', async () => {
  const { stores, timing, connect } = await setup();
  use(stores.presence('room:1'));
  const stop = use(stores.presence('room:1', {}));
  const other = new Stores(connect(), timing).presence('room:1');
  use(other);
  await snapshotOf(other, timing, 'a member', ({ count }) => count === 1);
  stop();
  timing.pass(1_000);
  await snapshotOf(other, timing, 'nobody', ({ count }) => count === 0);
  expect(stores.presence('room:1').getSnapshot().status).toBe('live');
});

it('tells why members cannot be seen', async () => {
  const { stores, timing } = await setup();
  const store = stores.presence('plain', {});
  use(store);
  const { status, error } = await snapshotOf(store, timing, 'an error', (s) => s.error !== null);
  expect(error).toMatchObject({ name: 'InvalidActionError' });
  expect(status).not.toBe('refused');
});

it('a stream is one call for all that ask the same, and ends a second after the last of them', async () => {
  const { stores, timing, server } = await setup();
  let calls = 0;
  let ends = 0;
  server.handle('count', async function* ({ to }: { to: number }, { signal }) {
    calls++;
    try {
      for (let n = 1; n <= to; n++) yield n;
      if (to > 3) await new Promise((resolve) => signal.addEventListener('abort', resolve));
    } finally {
      ends++;
    }
  });
  const store = stores.stream('count', { to: 3 });
  use(store);
  use(stores.stream('count', { to: 3 }));
  const { data } = await snapshotOf(store, timing, 'the end', (s) => s.status === 'done');
  expect(data).toEqual([1, 2, 3]);
  expect([calls, ends]).toEqual([1, 1]);
  store.restart();
  await until('another call', () => calls === 2);
  await snapshotOf(store, timing, 'its end', (s) => s.status === 'done' && s.data.length === 3);

  const limited = stores.stream('count', { to: 1_000 }, { limit: 2 });
  const stop = use(limited);
  await snapshotOf(limited, timing, 'the newest', (s) => s.data[1] === 1_000);
  expect(limited.getSnapshot()).toMatchObject({ status: 'streaming', data: [999, 1_000] });
  stop();
  timing.pass(1_000);
  await until('its end', () => ends === 3);
});

it('a stream that fails says why, and can be cancelled', async () => {
  const { stores, timing, server } = await setup();
  server.handle('fail', async function* (isFailing: boolean) {
    yield 1;
    if (isFailing) throw Object.assign(new Error('no more'), { name: 'EmptyError' });
    await new Promise(() => {});
  });
  const failing = stores.stream('fail', true);
  use(failing);
  const { error, data } = await snapshotOf(failing, timing, 'it', (s) => s.status === 'error');
  expect(error).toBeInstanceOf(Error);
  expect(data).toEqual([1]);
  const endless = stores.stream('fail', false);
  use(endless);
  await snapshotOf(endless, timing, 'an item', (s) => s.status === 'streaming');
  endless.cancel();
  await snapshotOf(endless, timing, 'the end', (s) => s.status === 'done');
});

it('nothing happens in a store without a name', async () => {
  const { stores, socket } = await setup();
  const messages = stores.messages(null, { initial: ['a'] });
  messages.subscribe(() => {})();
  expect(messages.getSnapshot()).toMatchObject({ status: 'idle', error: null });
  expect(messages.getSnapshot().messages).toHaveLength(1);
  expect((await messages.publish('b')).error).toMatchObject({ name: 'InvalidActionError' });
  for (const store of [stores.channel(null), stores.latest(null), stores.presence(null, {})]) {
    store.subscribe(() => {})();
    expect(store.getSnapshot().status).toBe('idle');
  }
  stores.stream(null, undefined).restart();
  expect(socket.subscriptions(true)).toEqual([]);
});
