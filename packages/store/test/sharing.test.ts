import { onCleanup } from '@asyngular/test-utils/cleanup';
import { until } from '@asyngular/test-utils/wait';
import { expect, it } from 'vitest';
import { setup, snapshotOf, use } from './support/setup.js';

const isLive = ({ status }: { status: string }) => status === 'live';

it('two users of a channel are one subscription, which ends a second after the last of them', async () => {
  const { stores, timing, frames, socket } = await setup();
  const stopMessages = use(stores.messages('room:1'));
  const presence = stores.presence('room:1');
  const stopPresence = use(presence);
  await snapshotOf(presence, timing, 'a live channel', isLive);
  expect(frames).toEqual(['#subscribe room:1']);

  stopMessages();
  timing.pass(1_000);
  stopPresence();
  timing.pass(999);
  expect(socket.isSubscribed('room:1')).toBe(true);
  timing.pass(1);
  await until('the end', () => frames.length === 2);
  expect(frames).toEqual(['#subscribe room:1', '#unsubscribe room:1']);
});

it('who comes back within a second finds everything as it was, and nothing is sent', async () => {
  const { stores, timing, frames, connect } = await setup();
  const stop = use(stores.messages('room:1'));
  await snapshotOf(stores.messages('room:1'), timing, 'a live channel', isLive);
  await connect().invokePublish('room:1', 'hello');
  const hasMessage = ({ messages }: { messages: readonly unknown[] }) => messages.length === 1;
  const before = await snapshotOf(stores.messages('room:1'), timing, 'a message', hasMessage);

  stop();
  timing.pass(999);
  use(stores.messages('room:1'));
  timing.pass(5_000);
  timing.draw();

  expect(stores.messages('room:1').getSnapshot()).toBe(before);
  expect(frames).toEqual(['#subscribe room:1']);
});

it('subscribing and leaving twice before a frame, as StrictMode does, is one request', async () => {
  const { stores, timing, frames } = await setup();
  const store = stores.messages('room:1');
  store.subscribe(() => {})();
  use(store);
  await snapshotOf(store, timing, 'a live channel', isLive);
  timing.pass(2_000);
  expect(frames).toEqual(['#subscribe room:1']);
});

it('options written anew are the same options, and other ones are others', async () => {
  const { stores, timing } = await setup();
  use(stores.messages('room:1', { limit: 2, data: { a: 1, b: [2n] } }));
  await snapshotOf(
    stores.messages('room:1', { limit: 2, data: { b: [2n], a: 1 } }),
    timing,
    'the running one',
    isLive,
  );
  expect(stores.messages('room:1', { limit: 3 }).getSnapshot().status).toBe('connecting');
});

it('does not leave a channel that the application has subscribed to', async () => {
  const { socket, stores, timing, frames } = await setup();
  await socket.subscribe('room:1').subscribed();
  const stop = use(stores.channel('room:1'));
  await snapshotOf(stores.channel('room:1'), timing, 'a live channel', isLive);
  stop();
  timing.pass(5_000);
  expect(socket.isSubscribed('room:1')).toBe(true);
  expect(frames).toEqual(['#subscribe room:1']);
});

it('tells its listeners once per frame, and gives one snapshot until then', async () => {
  const { stores, timing, connect } = await setup();
  const store = stores.messages('room:1');
  let calls = 0;
  store.subscribe(() => calls++);
  await snapshotOf(store, timing, 'a live channel', isLive);
  const before = store.getSnapshot();
  calls = 0;
  const other = connect();
  await Promise.all(Array.from({ length: 20 }, (_, n) => other.invokePublish('room:1', n)));
  expect(store.getSnapshot()).toBe(before);
  await snapshotOf(store, timing, '20 messages', ({ messages }) => messages.length === 20);
  expect(calls).toBeLessThanOrEqual(2);
});

it('a user who comes between two frames takes nothing from those who listen already', async () => {
  const { stores, timing, connect } = await setup();
  const store = stores.messages('room:1');
  const told: number[] = [];
  store.subscribe(() => told.push(store.getSnapshot().messages.length));
  await snapshotOf(store, timing, 'a live channel', isLive);
  const arrived = stores.channel('room:1');
  const seen: unknown[] = [];
  onCleanup(arrived.read((data) => seen.push(data)));
  await connect().invokePublish('room:1', 'hello');
  await until('the message', () => seen.length === 1);

  use(stores.messages('room:1'));
  timing.draw();
  expect(told.at(-1)).toBe(1);
});

it('opens nothing, and waits for nothing, while nobody listens', async () => {
  const { stores, timing, frames, socket } = await setup();
  stores.messages('room:1', { initial: ['a'] });
  stores.presence('room:1', {});
  await socket.listener('connect').once(5_000);
  timing.pass(10_000);
  expect(stores.messages('room:1', { initial: ['a'] }).getSnapshot().messages).toHaveLength(1);
  expect(frames).toEqual([]);
  expect(socket.subscriptions(true)).toEqual([]);
});
