import { until } from '@asyngular/test-utils/wait';
import { expect, it } from 'vitest';
import type { MessagesSnapshot } from '../src/index.js';
import { setup, snapshotOf, use } from './support/setup.js';

const isLive = ({ status }: { status: string }) => status === 'live';
const states = ({ messages }: MessagesSnapshot) =>
  messages.map(({ data, pending, error }) => [
    data.text,
    pending ? 'pending' : (error?.name ?? 'confirmed'),
  ]);
const shows =
  (...expected: [string, string][]) =>
  (snapshot: MessagesSnapshot) =>
    JSON.stringify(states(snapshot)) === JSON.stringify(expected);

it.each(['room:1', 'plain'])(
  'a publication on %s is pending, then confirmed, under one id',
  async (name) => {
    const { stores, timing, server } = await setup();
    // The server adds to it, so that what comes back is not what was sent.
    server.use('inbound', (action) => {
      if (action.type === 'publishIn') action.allow({ data: { ...action.data, by: 'Ada' } });
    });
    const store = stores.messages(name);
    use(store);
    await snapshotOf(store, timing, 'a live channel', isLive);
    const ids = new Set<string>();
    store.subscribe(() => {
      for (const { id } of store.getSnapshot().messages) ids.add(id);
      expect(store.getSnapshot().messages.length).toBeLessThan(2);
    });
    const published = store.publish({ text: 'hello' });
    timing.draw();
    expect(states(store.getSnapshot())).toEqual([['hello', 'pending']]);
    expect((await published).error).toBeNull();
    const { messages } = await snapshotOf(store, timing, 'it', shows(['hello', 'confirmed']));
    expect(messages[0]?.data).toEqual({ text: 'hello', by: 'Ada' });
    expect(ids.size).toBe(1);
  },
);

it('what is published offline waits, and goes out in order on the next connection', async () => {
  const { stores, timing, proxy, connect } = await setup();
  const store = stores.messages('room:1');
  use(store);
  await snapshotOf(store, timing, 'a live channel', isLive);
  proxy.cut();
  await snapshotOf(store, timing, 'the loss', ({ status }) => status === 'offline');
  const results = [1, 2, 3].map((n) => store.publish({ text: `mine ${n}` }));
  await connect().invokePublish('room:1', { text: 'theirs' });
  timing.draw();
  expect(states(store.getSnapshot())).toEqual([
    ['mine 1', 'pending'],
    ['mine 2', 'pending'],
    ['mine 3', 'pending'],
  ]);
  proxy.restore();
  await Promise.all(results);
  await snapshotOf(
    store,
    timing,
    'all of them',
    shows(
      ['theirs', 'confirmed'],
      ['mine 1', 'confirmed'],
      ['mine 2', 'confirmed'],
      ['mine 3', 'confirmed'],
    ),
  );
});

it('a list that is opened meanwhile shows what waits, and so does one that comes back', async () => {
  const { stores, timing, proxy } = await setup();
  proxy.cut();
  stores.channel('room:1').publish({ text: 'waiting' });
  const store = stores.messages('room:1');
  const stop = use(store);
  await snapshotOf(store, timing, 'it', shows(['waiting', 'pending']));
  stop();
  timing.pass(1_000);
  use(store);
  await snapshotOf(store, timing, 'it', shows(['waiting', 'pending']));
  proxy.restore();
  await snapshotOf(store, timing, 'it', shows(['waiting', 'confirmed']));
});

it('a refused publication has failed, and can be tried again or discarded', async () => {
  const { stores, timing, server } = await setup();
  let isAllowed = false;
  server.use('inbound', (action) => {
    if (action.type === 'publishIn' && !isAllowed) {
      const error = new Error('Not now');
      error.name = 'NotNowError';
      action.block(error);
    }
  });
  const store = stores.messages('room:1');
  use(store);
  await snapshotOf(store, timing, 'a live channel', isLive);
  const { error } = await store.publish({ text: 'first' });
  expect(error).toMatchObject({ name: 'NotNowError' });
  await store.publish({ text: 'second' });
  const failed = shows(['first', 'NotNowError'], ['second', 'NotNowError']);
  const { messages } = await snapshotOf(store, timing, 'failures', failed);
  isAllowed = true;
  store.discard(messages[0]!.id);
  store.retry(messages[1]!.id);
  const after = await snapshotOf(store, timing, 'the second', shows(['second', 'confirmed']));
  expect(after.messages[0]?.id).toBe(messages[1]?.id);
});

it('what was sent when the connection broke is published once, where there is a log', async () => {
  const { stores, timing, server, proxy, connect } = await setup({}, { ackTimeout: 500 });
  const store = stores.messages('room:1');
  use(store);
  await snapshotOf(store, timing, 'a live channel', isLive);
  const other = connect();
  const seen: string[] = [];
  const all = other.subscribe('room:1');
  await all.subscribed();
  (async () => {
    for await (const { text } of all) seen.push(text);
  })();
  let cuts = 0;
  server.use('inbound', (action) => {
    if (action.type === 'publishIn' && cuts++ === 0) proxy.cut();
  });
  const result = store.publish({ text: 'once' });
  await until('the publication', () => seen.length > 0);
  proxy.restore();
  expect((await result).error).toBeNull();
  await snapshotOf(store, timing, 'it', shows(['once', 'confirmed']));
  expect(seen).toEqual(['once']);
});

it('elsewhere it has failed, since it may have been published', async () => {
  const { stores, timing, server, proxy } = await setup();
  const store = stores.messages('plain');
  use(store);
  await snapshotOf(store, timing, 'a live channel', isLive);
  server.use('inbound', (action) => {
    if (action.type === 'publishIn') proxy.cut();
  });
  const { error } = await store.publish({ text: 'perhaps' });
  expect(error?.name).toBe('BadConnectionError');
  await snapshotOf(store, timing, 'it', shows(['perhaps', 'BadConnectionError']));
});

it('refuses more than a thousand that wait', async () => {
  const { stores, proxy } = await setup();
  proxy.cut();
  const { publish } = stores.channel('room:1');
  for (let n = 0; n < 1_000; n++) publish({ text: `${n}` });
  const { error } = await publish({ text: 'one more' });
  expect(error).toMatchObject({ name: 'QueueFullError' });
});

it('an equal publication of somebody else is not taken for the own one', async () => {
  const { stores, timing, server, connect } = await setup();
  const store = stores.messages('room:1');
  use(store);
  await snapshotOf(store, timing, 'a live channel', isLive);
  server.use('inbound', (action) => {
    if (action.type === 'publishIn' && action.socket.request.url?.includes('recorded')) {
      const error = new Error('Not now');
      error.name = 'NotNowError';
      action.block(error);
    }
  });
  const other = connect();
  await Promise.all([
    store.publish({ text: 'same' }),
    other.invokePublish('room:1', { text: 'same' }),
  ]);
  await snapshotOf(store, timing, 'both', shows(['same', 'confirmed'], ['same', 'NotNowError']));
});

it('what is published just when the connection is there does not overtake what has waited', async () => {
  const { stores, timing, proxy, socket } = await setup();
  const store = stores.messages('room:1');
  use(store);
  await snapshotOf(store, timing, 'a live channel', isLive);
  proxy.cut();
  await snapshotOf(store, timing, 'the loss', ({ status }) => status === 'offline');
  store.publish({ text: 'first' });
  // The state is `open` before the loops over `connect` run.
  let isSecondSent = false;
  const announce = (socket as any).announce.bind(socket);
  (socket as any).announce = (event: string, data: unknown) => {
    announce(event, data);
    if (event === 'connect' && !isSecondSent) {
      isSecondSent = true;
      store.publish({ text: 'second' });
    }
  };
  proxy.restore();
  await snapshotOf(store, timing, 'both', shows(['first', 'confirmed'], ['second', 'confirmed']));
});
