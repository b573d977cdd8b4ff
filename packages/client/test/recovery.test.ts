import { collect } from '@asyngular/test-utils/collect';
import { within } from '@asyngular/test-utils/wait';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ClientOptions } from '../src/index.js';
import { FakeServer } from './support/fake-server.js';
import { connected, type Harness, outcome, pass, useVirtualTime } from './support/harness.js';

// What a client does with the positions of recoverable channels: docs/protocol.md P14.

beforeEach(useVirtualTime);

/** A client of a server that agrees to recovery, and subscribes it with these answers, the last one for ever. */
async function withHistory(
  answers: object[] = [{ position: 'e:10:a' }],
  options: ClientOptions = {},
): Promise<Harness> {
  const server = new FakeServer();
  agree(server, true);
  const left = [...answers];
  server.behaviour.subscribe = () => ({ data: left.length > 1 ? left.shift() : left[0] });
  return connected({ pingTimeoutDisabled: true, ...options }, server);
}

function agree(server: FakeServer, recovers: boolean): void {
  server.behaviour.handshake = () => ({
    data: {
      id: server.nextId(),
      pingTimeout: 20_000,
      isAuthenticated: false,
      ext: { interruption: {}, ...(recovers && { recovery: {} }) },
    },
  });
}

function publish({ server }: Harness, data: unknown, p?: string, channel = 'c'): void {
  server.last.emitMessage({ event: '#publish', data: { channel, data, ...(p && { p }) } });
}

/** The data of the last request for the channel. */
function request({ server }: Harness): any {
  return server.received('#subscribe').at(-1)?.data;
}

async function reconnect({ server }: Harness, awayMs = 3_000): Promise<void> {
  server.last.drop(1006);
  await pass(awayMs);
}

describe('positions', () => {
  it('P14.1: are offered in the handshake, and asked for by nobody else', async () => {
    const harness = await withHistory();
    expect(harness.server.received('#handshake')[0].data.ext.recovery).toEqual({});
    harness.socket.subscribe('c');
    await pass();
    expect(request(harness)).toEqual({ channel: 'c' });
  });

  it('P14.6: begin with the answer', async () => {
    const { socket } = await withHistory();
    const channel = socket.subscribe('c');
    expect(channel.position).toBeNull();
    const subscribed = within('the event', channel.listener('subscribe').once());
    await pass();
    expect(channel.position).toBe('e:10:a');
    expect(await subscribed).not.toHaveProperty('recovered');
    socket.unsubscribe('c');
    expect(channel.position).toBeNull();
  });

  it('P14.8: move before the data reach the loops', async () => {
    const harness = await withHistory();
    const channel = harness.socket.subscribe('c');
    const seen = collect(channel, (data) => [data, channel.position]);
    const events = collect(channel.listener('publication'));
    await pass();
    publish(harness, 'x', '11:b');
    await pass();
    expect(seen).toEqual([['x', 'e:11:b']]);
    expect(events).toEqual([{ data: 'x', position: 'e:11:b', recovered: false }]);
  });

  it('P14.10: move without data when the server keeps publications back', async () => {
    const harness = await withHistory();
    const channel = harness.socket.subscribe('c');
    await pass();
    harness.server.last.emitMessage({ event: '#position', data: { channel: 'c', p: '14:d' } });
    harness.server.last.emitMessage({ event: '#position', data: { channel: 'd', p: '14:d' } });
    expect(channel.position).toBe('e:14:d');
  });

  it('P14.20: stay where they are when what the server sends is none', async () => {
    const harness = await withHistory();
    const channel = harness.socket.subscribe('c');
    await pass();
    for (const p of [null, 11, {}, [], true, '', 'x'.repeat(129)]) {
      harness.server.last.emitMessage({ event: '#publish', data: { channel: 'c', data: 1, p } });
      harness.server.last.emitMessage({ event: '#position', data: { channel: 'c', p } });
    }
    expect(channel.position).toBe('e:10:a');
  });

  it('are absent on a channel without history', async () => {
    const harness = await withHistory([{}]);
    const channel = harness.socket.subscribe('c');
    const data = collect(channel);
    const events = collect(channel.listener('publication'));
    await pass();
    publish(harness, 1, '11:b');
    await pass();
    expect([channel.position, data, events]).toEqual([null, [1], []]);
  });
});

describe('after a reconnect', () => {
  it('P14.4: asks for what follows its position, and says how long it was away', async () => {
    const harness = await withHistory([
      { position: 'e:10:a' },
      { position: 'e:13:d', recovered: true },
    ]);
    const channel = harness.socket.subscribe('c');
    const events = collect(channel.listener('publication'), (event) => event);
    await pass();
    publish(harness, 'x', '11:b');
    const subscribed = collect(channel.listener('subscribe'), ({ recovered }) => recovered);
    await reconnect(harness);
    const { away, ...asked } = request(harness);
    expect(asked).toEqual({ channel: 'c', recover: 'e:11:b' });
    expect(away).toBeGreaterThan(0);
    expect(away).toBeLessThan(3_000);
    expect(subscribed).toEqual([true]);
    expect(channel.position).toBe('e:11:b');
    publish(harness, 'y', '12:c');
    publish(harness, 'z', '13:d');
    publish(harness, 'live', '14:e');
    await pass();
    expect(events.map(({ data, recovered }) => [data, recovered])).toEqual([
      ['x', false],
      ['y', true],
      ['z', true],
      ['live', false],
    ]);
    expect(channel.position).toBe('e:14:e');
  });

  it('asks from where it was when it is cut while catching up', async () => {
    const harness = await withHistory([
      { position: 'e:10:a' },
      { position: 'e:13:d', recovered: true },
    ]);
    harness.socket.subscribe('c');
    await pass();
    await reconnect(harness);
    publish(harness, 'y', '11:b');
    await reconnect(harness);
    expect(request(harness).recover).toBe('e:11:b');
  });

  it('P14.11: hears of what is missed before the confirmation', async () => {
    const harness = await withHistory([
      { position: 'e:10:a' },
      { position: 'f:3:b', recovered: false },
    ]);
    const channel = harness.socket.subscribe('c');
    await pass();
    const news: unknown[] = [];
    channel.listener('interruption').createConsumer();
    (async () => {
      for await (const event of channel.listener('interruption')) news.push(event);
    })();
    (async () => {
      for await (const { recovered } of channel.listener('subscribe')) news.push(recovered);
    })();
    const { server } = harness;
    const { subscribe } = server.behaviour;
    server.behaviour.subscribe = (data) => {
      const interruption = { since: 1, until: 2, reason: 'gone', position: 'f:3:b' };
      server.last.emitMessage({ event: '#interruption', data: { channel: 'c', ...interruption } });
      return subscribe(data);
    };
    await reconnect(harness);
    expect(news).toEqual([{ since: 1, until: 2, reason: 'gone', position: 'f:3:b' }, false]);
    expect(channel.position).toBe('f:3:b');
    publish(harness, 'x', '4:c');
    expect(channel.position).toBe('f:4:c');
  });

  it('P14.5: asks for the rewind again as long as nothing of it has come', async () => {
    const harness = await withHistory([{ position: 'e:10:a', rewind: 2 }]);
    const channel = harness.socket.subscribe('c', { rewind: 2 });
    await pass();
    expect(request(harness)).toEqual({ channel: 'c', rewind: 2 });
    expect(channel.position).toBeNull();
    await reconnect(harness);
    expect(request(harness)).toEqual({ channel: 'c', rewind: 2 });
    const events = collect(channel.listener('publication'), ({ recovered }) => recovered);
    publish(harness, 'x', '9:z');
    publish(harness, 'y', '10:a');
    publish(harness, 'live', '11:b');
    await pass();
    expect(events).toEqual([true, true, false]);
    await reconnect(harness);
    expect(request(harness)).toMatchObject({ recover: 'e:11:b', rewind: 2 });
  });

  it('begins after a position that the application has kept', async () => {
    const harness = await withHistory([{ position: 'e:10:a', recovered: true }]);
    const channel = harness.socket.subscribe('c', { since: 'e:7:x', mode: 'reject' });
    const subscribed = within('the event', channel.listener('subscribe').once());
    await pass();
    expect(request(harness)).toEqual({ channel: 'c', recover: 'e:7:x', mode: 'reject' });
    expect((await subscribed).recovered).toBe(true);
    expect(channel.position).toBe('e:7:x');
  });

  it('P14.12: is refused where the application wants that', async () => {
    const harness = await withHistory();
    const name = 'UnrecoverablePositionError';
    harness.server.behaviour.subscribe = () => ({ error: { name, message: 'gone' } });
    const channel = harness.socket.channel('c');
    const failure = within('the refusal', channel.listener('subscribeFail').once());
    harness.socket.subscribe('c', { since: 'e:7:x', mode: 'reject' });
    await pass();
    expect((await failure).error.name).toBe(name);
    expect([channel.state, channel.position]).toEqual(['unsubscribed', null]);
  });

  it('P14.1: says nothing of it to a server without recovery, and forgets its position', async () => {
    const harness = await withHistory([{ position: 'e:10:a' }, {}]);
    const channel = harness.socket.subscribe('c', { rewind: 5 });
    await pass();
    agree(harness.server, false);
    const subscribed = within('the event', channel.listener('subscribe').once());
    await reconnect(harness);
    expect(request(harness)).toEqual({ channel: 'c' });
    expect(channel.position).toBeNull();
    expect(await subscribed).not.toHaveProperty('recovered');
    // Of a log that it does not know.
    publish(harness, 'x', '11:b');
    expect(channel.position).toBeNull();
  });

  it('P14.1: takes no position from a server that has not agreed', async () => {
    const harness = await withHistory([{ position: 'e:10:a', recovered: true, rewind: 3 }]);
    agree(harness.server, false);
    await reconnect(harness);
    const channel = harness.socket.subscribe('c');
    const subscribed = within('the event', channel.listener('subscribe').once());
    const interruptions = collect(channel.listener('interruption'));
    await pass();
    expect(await subscribed).not.toHaveProperty('recovered');
    const data = { channel: 'c', since: 1, until: 2, reason: 'reconnected', position: 'f:3:b' };
    harness.server.last.emitMessage({ event: '#interruption', data });
    publish(harness, 'x', '4:c');
    await pass();
    expect(channel.position).toBeNull();
    expect(interruptions).toEqual([{ since: 1, until: 2, reason: 'reconnected' }]);
  });

  it('P14.11: what follows an interruption is not older than the subscription', async () => {
    const harness = await withHistory([{ position: 'e:10:a', rewind: 2 }]);
    const channel = harness.socket.subscribe('c');
    const events = collect(channel.listener('publication'), (event) => event);
    await pass();
    publish(harness, 'old', '10:a');
    const data = { channel: 'c', since: 1, until: 2, reason: 'gone', position: 'f:3:b' };
    harness.server.last.emitMessage({ event: '#interruption', data });
    publish(harness, 'new', '4:c');
    await pass();
    expect(events).toEqual([
      { data: 'old', position: 'e:10:a', recovered: true },
      { data: 'new', position: 'f:4:c', recovered: false },
    ]);
  });

  it('P14.21: takes an interruption of all channels for those without history', async () => {
    const harness = await withHistory([{ position: 'e:10:a' }, {}]);
    harness.socket.subscribe('c');
    await pass();
    harness.socket.subscribe('plain');
    await pass();
    const of = (name: string) =>
      collect(harness.socket.channel(name).listener('interruption'), ({ reason }) => reason);
    const [recoverable, plain] = [of('c'), of('plain')];
    const data = { since: 1, until: 2, reason: 'reconnected' };
    harness.server.last.emitMessage({ event: '#interruption', data });
    await pass();
    expect([recoverable, plain]).toEqual([[], ['reconnected']]);
  });
});

describe('publishing', () => {
  const published = { position: 'e:11:b', duplicate: false };

  /** A client that knows of the channel's history, at a server that answers no publication any more. */
  async function knowing(options?: ClientOptions): Promise<Harness> {
    const harness = await withHistory(undefined, options);
    harness.socket.subscribe('c');
    await pass();
    harness.server.behaviour.invoke = () => undefined;
    return harness;
  }

  const publications = ({ server }: Harness): any[] =>
    server.received('#publish').map(({ data }) => data);

  it('P14.13: resolves with the position, and makes ids from then on', async () => {
    const harness = await withHistory();
    const { socket, server } = harness;
    server.behaviour.invoke = () => ({ data: published });
    expect(await resultOf(socket.invokePublish('c', 1))).toEqual(published);
    await resultOf(socket.invokePublish('c', 2));
    await resultOf(socket.invokePublish('c', 3));
    await resultOf(socket.invokePublish('other', 4));
    const [first, second, third, other] = publications(harness);
    expect([first, other]).toEqual([
      { channel: 'c', data: 1 },
      { channel: 'other', data: 4 },
    ]);
    expect(second.id).toMatch(/^.{1,64}$/);
    expect(third.id).not.toBe(second.id);
  });

  it('P14.15: is sent again with its id, before what waits, when the answer is lost', async () => {
    const harness = await knowing();
    const { socket, server } = harness;
    const first = socket.invokePublish('c', 1);
    const second = socket.invokePublish('c', 2, { id: 'mine' });
    await pass();
    const before = publications(harness);
    expect(before[1].id).toBe('mine');
    server.last.drop(1006);
    socket.transmit('later', 3);
    server.behaviour.invoke = (_event, { data }) => ({
      data: { position: `e:${10 + data}:b`, duplicate: data === 1 },
    });
    await pass(3_000);
    expect(server.last.packets.slice(-3).map(({ event }) => event)).toEqual([
      '#publish',
      '#publish',
      'later',
    ]);
    expect(publications(harness)).toEqual(before);
    expect(await within('the first', first)).toEqual({ position: 'e:11:b', duplicate: true });
    expect(await within('the second', second)).toEqual({ position: 'e:12:b', duplicate: false });
  });

  it('P14.15: is sent again when its connection is found stale by the next one', async () => {
    let skewMs = 0;
    const harness = await knowing({
      pingTimeoutDisabled: false,
      platform: { now: () => performance.now() + skewMs },
    });
    const { socket, server } = harness;
    const first = socket.invokePublish('c', 1);
    await pass();
    server.behaviour.invoke = (_event, { data }) => ({ data: { position: `e:${10 + data}:b` } });
    skewMs = 60_000;
    const second = socket.invokePublish('c', 2);
    await pass();
    expect(server.connections).toHaveLength(2);
    expect(await within('the first', first)).toMatchObject({ position: 'e:11:b' });
    expect(await within('the second', second)).toMatchObject({ position: 'e:12:b' });
  });

  it('says whether it may have been published when time runs out', async () => {
    const { socket, server } = await knowing({ ackTimeout: 2_000 });
    const sent = outcome(socket.invokePublish('c', 1));
    await pass();
    server.behaviour.connect = 'refuse';
    server.last.drop(1006);
    const unsent = outcome(socket.invokePublish('c', 2));
    await pass(3_000);
    expect((await sent).error).toMatchObject({ name: 'TimeoutError', maybeSent: true });
    expect((await sent).error.message).toMatch(/may have been published/);
    expect((await unsent).error).toMatchObject({ name: 'BadConnectionError', maybeSent: false });
  });

  it('fails with its connection when it is not to be sent again', async () => {
    const harness = await knowing();
    const { socket, server } = harness;
    const once = outcome(socket.invokePublish('c', 1, { id: 'mine', retry: false }));
    const plain = outcome(socket.invokePublish('c', 2, { retry: false }));
    await pass();
    expect(publications(harness)).toEqual([
      { channel: 'c', data: 1, id: 'mine' },
      { channel: 'c', data: 2 },
    ]);
    server.last.drop(1006);
    expect((await once).error).toMatchObject({ name: 'BadConnectionError', maybeSent: true });
    expect((await plain).error).not.toHaveProperty('maybeSent');
    await pass(3_000);
    expect(publications(harness)).toEqual([]);
  });

  it('fails at a disconnect, after which nothing is sent any more', async () => {
    const { socket } = await knowing();
    const call = outcome(socket.invokePublish('c', 1));
    await pass();
    socket.disconnect();
    expect((await call).error).toMatchObject({ name: 'BadConnectionError', maybeSent: true });
  });

  it('fails when the next server would take it for another publication', async () => {
    const harness = await knowing();
    const call = outcome(harness.socket.invokePublish('c', 1));
    await pass();
    agree(harness.server, false);
    await reconnect(harness);
    expect((await call).error).toMatchObject({ name: 'BadConnectionError', maybeSent: true });
    expect(publications(harness)).toEqual([]);
  });

  it('P14.1: sends no id to a server without recovery', async () => {
    const harness = await connected();
    const { socket } = harness;
    await pass();
    await resultOf(socket.invokePublish('c', 1, { id: 'mine' }));
    await socket.transmitPublish('c', 2, { id: 'mine' });
    await pass();
    expect(publications(harness)).toEqual([
      { channel: 'c', data: 1 },
      { channel: 'c', data: 2 },
    ]);
  });

  it('refuses ids and options that cannot work', async () => {
    const { socket } = await withHistory();
    for (const options of [
      { id: '' },
      { id: 'x'.repeat(65) },
      { id: 7 },
      { retry: 'no' },
      { ID: 'a' },
    ]) {
      const { error } = await outcome(socket.invokePublish('c', 1, options as object));
      expect(error).toMatchObject({ name: 'InvalidArgumentsError' });
    }
  });
});

describe('history()', () => {
  const page = {
    publications: [{ data: 1, position: 'e:9:z' }],
    position: 'e:10:a',
    hasMore: true,
  };

  it('P14.16: waits for the subscription, then asks', async () => {
    const { socket, server } = await withHistory();
    server.behaviour.invoke = () => ({ data: page });
    const channel = socket.subscribe('c');
    const history = channel.history({ limit: 1, before: 'e:10:a', order: 'oldest' });
    await pass();
    expect(await within('the history', history)).toEqual(page);
    expect(server.received('#history')[0].data).toEqual({
      channel: 'c',
      limit: 1,
      before: 'e:10:a',
      order: 'oldest',
    });
  });

  it('rejects without a subscription, without history, and for a page that is none', async () => {
    const { socket, server } = await withHistory([{ position: 'e:10:a' }, {}]);
    const nameOf = async (name: string) => (await outcome(socket.history(name))).error.name;
    expect(await nameOf('c')).toBe('AbortError');
    socket.subscribe('c');
    await pass();
    for (const data of [
      undefined,
      1,
      {},
      { ...page, position: 1 },
      { ...page, publications: [1] },
    ]) {
      server.behaviour.invoke = () => ({ data });
      const failure = nameOf('c');
      await pass();
      expect(await failure).toBe('InvalidMessageError');
    }
    socket.subscribe('plain');
    await pass();
    expect(await nameOf('plain')).toBe('InvalidActionError');
    expect(server.received('#history')).toHaveLength(5);
  });
});

/** What a call of a fake server in virtual time resolves to. */
async function resultOf<T>(call: Promise<T>): Promise<T> {
  await pass();
  return within('the answer', call);
}
