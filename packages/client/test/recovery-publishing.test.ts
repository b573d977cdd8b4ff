import { within } from '@asyngular/test-utils/wait';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ClientOptions } from '../src/index.js';
import { connected, type Harness, outcome, pass, useVirtualTime } from './support/harness.js';
import { agree, reconnect, withHistory } from './support/recovery.js';

// What a client publishes to recoverable channels, and asks of their history: docs/protocol.md P14.

beforeEach(useVirtualTime);

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
