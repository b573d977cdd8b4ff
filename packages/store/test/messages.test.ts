import { collect } from '@asyngular/test-utils/collect';
import { until } from '@asyngular/test-utils/wait';
import { expect, it } from 'vitest';
import type { MessagesSnapshot } from '../src/index.js';
import { setup, snapshotOf, use } from './support/setup.js';

const isLive = ({ status }: { status: string }) => status === 'live';
const dataOf = ({ messages }: MessagesSnapshot) => messages.map(({ data }) => data);
const shows =
  (...expected: unknown[]) =>
  (snapshot: MessagesSnapshot) =>
    JSON.stringify(dataOf(snapshot)) === JSON.stringify(expected);

it('begins with the past, and goes on with what is published', async () => {
  const { stores, timing, connect } = await setup();
  const other = connect();
  for (const text of ['a', 'b', 'c']) await other.invokePublish('room:1', text);
  const store = stores.messages('room:1', { rewind: 2 });
  use(store);
  await snapshotOf(store, timing, 'the past', shows('b', 'c'));
  await other.invokePublish('room:1', 'd');
  const { messages } = await snapshotOf(store, timing, 'what follows', shows('b', 'c', 'd'));
  expect(new Set(messages.map(({ id }) => id)).size).toBe(3);
  expect(messages.every(({ pending, error }) => !pending && error === null)).toBe(true);
});

it('keeps the newest messages, and the same objects for those that stay', async () => {
  const { stores, timing, connect } = await setup();
  const other = connect();
  const store = stores.messages('room:1', { limit: 2 });
  use(store);
  for (const text of ['a', 'b']) await other.invokePublish('room:1', text);
  const before = await snapshotOf(store, timing, 'both', shows('a', 'b'));
  await other.invokePublish('room:1', 'c');
  const after = await snapshotOf(store, timing, 'the newest', shows('b', 'c'));
  expect(after.messages[0]).toBe(before.messages[1]);
});

it('a publication that `identify` cannot read is shown, reported, and stops nothing', async () => {
  const { socket, stores, timing, connect } = await setup();
  const errors = collect(socket.listener('error'), ({ error }) => error.name);
  const store = stores.messages('room:1', { identify: ({ id }) => id });
  use(store);
  await snapshotOf(store, timing, 'a live channel', isLive);
  const other = connect();
  for (const data of [null, { id: 1, n: 1 }, { id: 1, n: 2 }]) {
    await other.invokePublish('room:1', data);
  }
  await snapshotOf(store, timing, 'both', shows(null, { id: 1, n: 2 }));
  expect(errors).toEqual(['TypeError']);
});

it('is caught up with `connecting`, `catching-up` and `live`', async () => {
  const { stores, timing, connect } = await setup();
  await connect().invokePublish('room:1', 'a');
  const store = stores.messages('room:1');
  expect(store.getSnapshot().status).toBe('connecting');
  use(store);
  const isCatchingUp = ({ status }: MessagesSnapshot) => status === 'catching-up';
  await snapshotOf(store, timing, 'the past coming', isCatchingUp);
  timing.pass(100);
  await snapshotOf(store, timing, 'the present', isLive);
});

it('a list that comes later, with other options, has the past as well', async () => {
  const { stores, timing, connect, frames } = await setup();
  const other = connect();
  for (const text of ['a', 'b', 'c']) await other.invokePublish('room:1', text);
  use(stores.messages('room:1', { limit: 3 }));
  await snapshotOf(stores.messages('room:1', { limit: 3 }), timing, 'it', shows('a', 'b', 'c'));
  const later = stores.messages('room:1', { limit: 2 });
  use(later);
  await snapshotOf(later, timing, 'the past', shows('b', 'c'));
  expect(frames).toEqual(['#subscribe room:1']);
});

it('shows nothing twice behind a loaded piece of the log, and misses nothing', async () => {
  const { stores, timing, connect, server } = await setup();
  const other = connect();
  for (const text of ['a', 'b', 'b']) await other.invokePublish('room:1', text);
  const initial = await server.exchange.history('room:1', { order: 'oldest' });
  await other.invokePublish('room:1', 'c');
  const store = stores.messages('room:1', { initial, rewind: 50 });
  expect(dataOf(store.getSnapshot())).toEqual(['a', 'b', 'b']);
  use(store);
  await snapshotOf(store, timing, 'what followed', shows('a', 'b', 'b', 'c'));
});

it('compares loaded data with the past by value', async () => {
  const { stores, timing, connect } = await setup();
  const other = connect();
  for (const text of ['a', 'b', 'b', 'c']) await other.invokePublish('room:1', { text });
  const initial = [{ text: 'a' }, { text: 'b' }, { text: 'b' }];
  const store = stores.messages('room:1', { initial, rewind: 50 });
  use(store);
  const all = [{ text: 'a' }, { text: 'b' }, { text: 'b' }, { text: 'c' }];
  await snapshotOf(store, timing, 'each of them once', shows(...all));
});

it('a publication with the same identity replaces the message', async () => {
  const { stores, timing, connect } = await setup();
  const other = connect();
  const store = stores.messages('room:1', { identify: ({ key }: { key: string }) => key });
  use(store);
  await other.invokePublish('room:1', { key: 'x', text: 'teh' });
  await other.invokePublish('room:1', { key: 'y', text: 'and' });
  await other.invokePublish('room:1', { key: 'x', text: 'the' });
  const { messages } = await snapshotOf(
    store,
    timing,
    'the correction',
    shows({ key: 'x', text: 'the' }, { key: 'y', text: 'and' }),
  );
  expect(messages.map(({ id }) => id)).toEqual(['x', 'y']);
});

it('goes on over a lost connection without a gap', async () => {
  const { stores, timing, connect, proxy } = await setup();
  const other = connect();
  const store = stores.messages('room:1');
  use(store);
  await other.invokePublish('room:1', 'a');
  await snapshotOf(store, timing, 'a', shows('a'));
  proxy.cut();
  await snapshotOf(store, timing, 'the loss', ({ status }) => status === 'offline');
  await other.invokePublish('room:1', 'b');
  proxy.restore();
  const { gap } = await snapshotOf(store, timing, 'what was missed', shows('a', 'b'));
  expect(gap).toBe(false);
});

it('says that something is missing when the log does not reach, and reloads', async () => {
  const { stores, timing, connect, proxy } = await setup({
    channels: { 'room:*': { history: { size: 2, ttl: 600_000 } } },
  });
  const other = connect();
  const store = stores.messages('room:1');
  use(store);
  await snapshotOf(store, timing, 'a live channel', isLive);
  await other.invokePublish('room:1', 'a');
  await snapshotOf(store, timing, 'a', shows('a'));
  proxy.cut();
  await snapshotOf(store, timing, 'the loss', ({ status }) => status === 'offline');
  for (const text of ['b', 'c', 'd', 'e']) await other.invokePublish('room:1', text);
  proxy.restore();
  await snapshotOf(store, timing, 'a gap', ({ gap }) => gap);
  await other.invokePublish('room:1', 'f');
  await store.reload();
  const { gap } = await snapshotOf(store, timing, 'what there is', shows('e', 'f'));
  expect(gap).toBe(false);
});

it('a channel without history has a gap after each loss, and takes what the application loads', async () => {
  const { stores, timing, connect, proxy, socket } = await setup();
  const other = connect();
  const store = stores.messages('plain');
  use(store);
  await socket.channel('plain').subscribed();
  await other.invokePublish('plain', 'a');
  await snapshotOf(store, timing, 'a', shows('a'));
  proxy.cut();
  await snapshotOf(store, timing, 'the loss', ({ status }) => status === 'offline');
  proxy.restore();
  await snapshotOf(store, timing, 'a gap', ({ gap, status }) => gap && status === 'live');
  await other.invokePublish('plain', 'c');
  await snapshotOf(store, timing, 'c', shows('a', 'c'));
  await expect(store.reload()).rejects.toMatchObject({ name: 'InvalidActionError' });
  expect(store.getSnapshot().gap).toBe(true);
  await store.reload(['a', 'b']);
  const { gap } = await snapshotOf(store, timing, 'all of it', shows('a', 'b', 'c'));
  expect(gap).toBe(false);
});

it('tells why a channel is refused, and asks again with another token', async () => {
  const { stores, timing, server, socket, frames } = await setup();
  server.use('inbound', (action) => {
    if (action.type === 'subscribe' && !action.socket.authToken) {
      const error = new Error('Log in first');
      error.name = 'LoginError';
      action.block(error);
    }
  });
  server.handle('login', (_data, { socket: own }) => own.setAuthToken({ name: 'Ada' }));
  const store = stores.messages('room:1');
  use(store);
  const { error } = await snapshotOf(store, timing, 'no', ({ status }) => status === 'refused');
  expect(error).toMatchObject({ name: 'LoginError', message: 'Log in first' });
  await socket.invoke('login');
  const { error: none } = await snapshotOf(store, timing, 'yes', isLive);
  expect(none).toBeNull();
  expect(frames).toEqual(['#subscribe room:1', '#subscribe room:1']);
});

it('a kick-out is a refusal', async () => {
  const { stores, timing, server, socket } = await setup();
  const store = stores.messages('room:1');
  use(store);
  await snapshotOf(store, timing, 'a live channel', isLive);
  const own = server.clients[socket.id!]!;
  await own.kickOut('room:1', 'flooding');
  const { error } = await snapshotOf(store, timing, 'no', ({ status }) => status === 'refused');
  expect(error).toMatchObject({ name: 'AbortError', cause: 'flooding' });
});

it('works off what arrives while no frame is drawn', async () => {
  const { stores, timing, connect, socket } = await setup();
  const other = connect();
  const store = stores.messages('plain', { limit: 10 });
  use(store);
  await socket.channel('plain').subscribed();
  timing.draw();
  for (let n = 0; n < 2_500; n++) other.transmitPublish('plain', n);
  let last: unknown;
  const stop = stores.channel('plain').read((data) => {
    last = data;
  });
  await until('the last one', () => last === 2_499);
  stop();
  timing.draw();
  expect(dataOf(store.getSnapshot())).toEqual(Array.from({ length: 10 }, (_, n) => 2_490 + n));
});

it('a list that comes later, while there is no connection, has the past on the next one', async () => {
  const { stores, timing, connect, proxy } = await setup();
  const other = connect();
  use(stores.channel('room:1'));
  await snapshotOf(stores.channel('room:1'), timing, 'a live channel', isLive);
  await other.invokePublish('room:1', 'a');
  proxy.cut();
  await snapshotOf(stores.channel('room:1'), timing, 'the loss', (s) => s.status === 'offline');
  const store = stores.messages('room:1');
  use(store);
  proxy.restore();
  await snapshotOf(store, timing, 'the past', shows('a'));
});

it('keeps a channel that the server has joined, also on the next connection', async () => {
  const { stores, timing, connect, proxy, server, socket } = await setup();
  await socket.listener('connect').once(5_000);
  await server.clients[socket.id!]!.joinChannel('room:1');
  await until('the channel', () => socket.isSubscribed('room:1'));
  const store = stores.messages('room:1');
  use(store);
  await snapshotOf(store, timing, 'a live channel', isLive);
  proxy.cut();
  await snapshotOf(store, timing, 'the loss', ({ status }) => status === 'offline');
  await connect().invokePublish('room:1', 'meanwhile');
  proxy.restore();
  await snapshotOf(store, timing, 'what was missed', shows('meanwhile'));
});

it('who is let in again after a kick-out may have missed something', async () => {
  const { stores, timing, server, socket } = await setup();
  const store = stores.messages('room:1', { rewind: 0 });
  const stop = use(store);
  await snapshotOf(store, timing, 'a live channel', isLive);
  await server.clients[socket.id!]!.kickOut('room:1', 'flooding');
  await snapshotOf(store, timing, 'no', ({ status }) => status === 'refused');
  stop();
  use(store);
  await snapshotOf(store, timing, 'a gap', ({ status, gap }) => status === 'live' && gap);
});

it('a channel that the application has left is subscribed to for the next one who wants it', async () => {
  const { stores, timing, socket, frames } = await setup();
  use(stores.messages('room:1'));
  await snapshotOf(stores.messages('room:1'), timing, 'a live channel', isLive);
  socket.unsubscribe('room:1');
  await snapshotOf(stores.messages('room:1'), timing, 'that', ({ status }) => status === 'idle');
  use(stores.latest('room:1'));
  await snapshotOf(stores.messages('room:1'), timing, 'a live channel', isLive);
  expect(frames).toEqual(['#subscribe room:1', '#unsubscribe room:1', '#subscribe room:1']);
});
