import type { AGClientSocket } from '@asyngular/client';
import { expect } from 'vitest';
import type { RowId } from './rows.js';
import { type Family, families, feedAll, gate, segments, witnesses } from './support/families.js';
import { collect } from './support/record.js';
import { row } from './support/suite.js';
import { settle, startServer } from './support/test-server.js';
import { rejection, soon, turn } from './support/within.js';

function rowOf(family: Family, method: string): RowId {
  const plain = `methods/${method.replace('X', family.Name)}`;
  return (
    method.includes('All')
      ? `${plain}()`
      : `${plain}(${family.name}Name)`.replace('listenerName', 'eventName')
  ) as RowId;
}

async function opened(): Promise<{
  server: Awaited<ReturnType<typeof startServer>>;
  client: AGClientSocket;
}> {
  const server = await startServer();
  return { server, client: await server.open() };
}

/** A client of an application that declares an event `foo` of its own. */
async function openedWithFoo(): Promise<AGClientSocket<{ events: { foo: unknown } }>> {
  return (await opened()).client;
}

for (const family of families) {
  const nameArgument = family.name === 'listener' ? 'eventName' : `${family.name}Name`;
  const streamRow = `methods/${family.name}(${nameArgument})` as RowId;
  const { feed } = family;

  row(streamRow, 'independent loops each get everything, a slow one too', async () => {
    const { server, client } = await opened();
    const hold = gate();
    const fast = collect(family.stream(client, 'foo'));
    const slow = collect(family.stream(client, 'foo'), () => hold.opened);
    await feed(server, client, 'foo', [1, 2, 3]);
    await fast.until(3);
    expect(slow.values).toHaveLength(1);
    hold.open();
    await slow.until(3);
    expect(slow.values.map(family.value)).toEqual([1, 2, 3]);
    expect(fast.values.map(family.value)).toEqual([1, 2, 3]);
  });

  row(streamRow, 'buffers from the start of the iteration, not before', async () => {
    const { server, client } = await opened();
    const stream = family.stream(client, 'foo');
    await feed(server, client, 'foo', [1]);
    const loop = collect(stream);
    await feed(server, client, 'foo', [2]);
    await loop.until(1);
    expect(loop.values.map(family.value)).toEqual([2]);
  });

  row(streamRow, 'once() and next(), with a time limit', async () => {
    const { server, client } = await opened();
    const once = family.stream(client, 'foo').once();
    const next = family.stream(client, 'foo').next();
    await feed(server, client, 'foo', [1, 2]);
    expect(family.value(await soon('once', once))).toBe(1);
    const packet: any = await soon('next', next);
    expect([family.value(packet.value), packet.done]).toEqual([1, false]);
    const late = await rejection('the limit', family.stream(client, 'foo').once(15));
    expect(late.name).toBe('TimeoutError');
  });

  row(streamRow, 'loops survive reconnections', async () => {
    const { server, client } = await opened();
    const loop = collect(family.stream(client, 'foo'));
    await feed(server, client, 'foo', [1]);
    const connected = client.listener('connect').once();
    client.disconnect();
    client.connect();
    await soon('connect', connected);
    await feed(server, client, 'foo', [2]);
    await loop.until(2);
    expect(loop.values.map(family.value)).toEqual([1, 2]);
  });

  row(rowOf(family, 'closeX'), 'its loops drain their backlog and exit; others go on', async () => {
    const { server, client } = await opened();
    const hold = gate();
    const slow = collect(family.stream(client, 'foo'), () => hold.opened);
    const idle = collect(family.stream(client, 'foo'));
    const other = collect(family.stream(client, 'foo/bar'));
    await feed(server, client, 'foo', [1, 2, 3]);
    family.close(client, 'foo');
    await idle.untilEnded();
    expect(slow.ended).toBe(false);
    hold.open();
    expect((await slow.untilEnded()).map(family.value)).toEqual([1, 2, 3]);
    await feed(server, client, 'foo/bar', [4]);
    await other.until(1);
    expect(other.ended).toBe(false);
  });

  row(rowOf(family, 'closeX'), 'a loop that starts again misses nothing', async () => {
    const { server, client } = await opened();
    const loop = segments(() => family.stream(client, 'foo'), family.value);
    await feed(server, client, 'foo', [1, 2]);
    family.close(client, 'foo');
    await feed(server, client, 'foo', [3, 4]);
    loop.release();
    await loop.until(4);
    expect(loop.segments).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  row(rowOf(family, 'closeAllXs'), 'every name; the other groups go on', async () => {
    const { server, client } = await opened();
    const hold = gate();
    const first = collect(family.stream(client, 'foo'), () => hold.opened);
    const second = collect(family.stream(client, 'bar'));
    const others = witnesses(client, family);
    await feed(server, client, 'foo', [1, 2]);
    family.closeAll(client);
    hold.open();
    expect((await first.untilEnded()).map(family.value)).toEqual([1, 2]);
    await second.untilEnded();
    await turn();
    expect(others.ended()).toEqual([]);
    await others.done();
  });

  row(rowOf(family, 'closeAllXs'), 'a loop that starts again misses nothing', async () => {
    const { server, client } = await opened();
    const loop = segments(() => family.stream(client, 'foo'), family.value);
    await feed(server, client, 'foo', [1, 2]);
    family.closeAll(client);
    await feed(server, client, 'foo', [3]);
    loop.release();
    await loop.until(3);
    expect(loop.segments).toEqual([[1, 2], [3]]);
  });

  row(
    rowOf(family, 'killX'),
    'ends its loops after the current body and drops the backlog',
    async () => {
      const { server, client } = await opened();
      const hold = gate();
      const busy = collect(family.stream(client, 'foo'), () => hold.opened);
      const other = collect(family.stream(client, 'foo/bar'));
      await feed(server, client, 'foo', [1, 2, 3]);
      expect(family.backpressure(client, 'foo')).toBe(2);
      family.kill(client, 'foo');
      expect(family.backpressure(client, 'foo')).toBe(0);
      expect(busy.ended).toBe(false);
      hold.open();
      expect((await busy.untilEnded()).map(family.value)).toEqual([1]);
      await feed(server, client, 'foo/bar', [4]);
      await other.until(1);
    },
  );

  row(
    rowOf(family, 'killX'),
    'ends an idle loop, and one in its body with an empty backlog',
    async () => {
      const { server, client } = await opened();
      const idle = collect(family.stream(client, 'foo'));
      family.kill(client, 'foo');
      await idle.untilEnded();
      const hold = gate();
      const busy = collect(family.stream(client, 'foo'), () => hold.opened);
      await feed(server, client, 'foo', [1]);
      await busy.until(1);
      family.kill(client, 'foo');
      hold.open();
      await busy.untilEnded();
    },
  );

  row(rowOf(family, 'killX'), 'the name lives on for later loops', async () => {
    const { server, client } = await opened();
    collect(family.stream(client, 'foo'));
    family.kill(client, 'foo');
    const later = collect(family.stream(client, 'foo'));
    await feed(server, client, 'foo', [1]);
    await later.until(1);
  });

  row(rowOf(family, 'killAllXs'), 'every name at once; the other groups go on', async () => {
    const { server, client } = await opened();
    const hold = gate();
    const others = witnesses(client, family);
    const busy = collect(family.stream(client, 'foo'), () => hold.opened);
    const idle = collect(family.stream(client, 'bar'));
    await feed(server, client, 'foo', [1, 2, 3]);
    expect(family.allBackpressure(client)).toBe(2);
    family.killAll(client);
    expect(family.allBackpressure(client)).toBe(0);
    await idle.untilEnded();
    hold.open();
    expect((await busy.untilEnded()).map(family.value)).toEqual([1]);
    expect(others.ended()).toEqual([]);
    await others.done();
  });

  const allRow = `methods/getAll${family.Name}sBackpressure()` as RowId;
  row(allRow, 'the highest of all its consumers', async () => {
    const { server, client } = await opened();
    expect(family.allBackpressure(client)).toBe(0);
    const first = family.stream(client, 'foo').createConsumer();
    family.stream(client, 'bar').createConsumer();
    await feed(server, client, 'foo', [1, 2, 3]);
    await feed(server, client, 'bar', [1, 2, 3, 4]);
    expect(family.backpressure(client, 'foo')).toBe(3);
    expect(family.backpressure(client, 'bar')).toBe(4);
    expect(family.allBackpressure(client)).toBe(4);
    family.kill(client, 'bar');
    expect(family.allBackpressure(client)).toBe(3);
    await first.next();
    expect(family.allBackpressure(client)).toBe(2);
    expect(family.consumerBackpressure(client, first.id)).toBe(2);
    family.killAll(client);
    expect(family.allBackpressure(client)).toBe(0);
  });

  row('streams', `${family.name} consumers: ids, statistics, counts, kill by id`, async () => {
    const { server, client } = await opened();
    family.killAll(client);
    const a = family.stream(client, 'foo').createConsumer();
    const b = family.stream(client, 'foo').createConsumer(60_000);
    const c = family.stream(client, 'bar').createConsumer();
    expect(b.id).toBeGreaterThan(a.id);
    await feed(server, client, 'foo', [1, 2]);
    const ofA = { id: a.id, backpressure: 2, stream: 'foo' };
    const ofB = { id: b.id, backpressure: 2, stream: 'foo', timeout: 60_000 };
    const ofC = { id: c.id, backpressure: 0, stream: 'bar' };
    expect(family.stats(client, a.id)).toEqual(ofA);
    expect(family.stats(client, 987_654)).toBe(undefined);
    expect(family.statsList(client, 'foo')).toEqual([ofA, ofB]);
    expect(family.statsList(client, 'nothing')).toEqual([]);
    expect(family.allStats(client)).toEqual([ofA, ofB, ofC]);
    expect(family.has(client, 'foo', a.id)).toBe(true);
    expect(family.has(client, 'bar', a.id)).toBe(false);
    expect(family.hasAny(client, a.id)).toBe(true);
    expect(family.hasAny(client, 987_654)).toBe(false);
    expect(family.count(client, 'foo')).toBe(2);
    expect(family.countAll(client)).toBe(3);
    family.killConsumer(client, a.id);
    expect(await soon('the kill', a.next())).toMatchObject({ done: true });
    expect(family.hasAny(client, a.id)).toBe(false);
    expect(family.value((await b.next()).value)).toBe(1);
    expect(family.countAll(client)).toBe(2);
  });
}

row(
  'methods/closeListener(eventName)',
  'a loop misses nothing that is emitted in the tick of the close',
  async () => {
    const client = await openedWithFoo();
    const loop = segments(
      () => client.listener('foo'),
      (value) => value,
    );
    loop.release();
    for (const value of ['a', 'b']) {
      client.emit('foo', value);
    }
    client.closeListener('foo');
    for (const value of ['c', 'd']) {
      client.emit('foo', value);
    }
    await loop.until(4);
    expect(loop.segments).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
  },
);

row('methods/listener(eventName)', 'break leaves no consumer behind', async () => {
  const client = await openedWithFoo();
  const loop = (async () => {
    for await (const _event of client.listener('foo')) {
      break;
    }
  })();
  client.emit('foo', 1);
  client.emit('foo', 2);
  await soon('the loop', loop);
  expect(client.getListenerConsumerStatsList('foo')).toEqual([]);
  expect(client.getAllListenersBackpressure()).toBe(0);
});

row(
  'methods/getBackpressure()',
  'the highest of listeners, receivers, procedures and channels',
  async () => {
    const { server, client } = await opened();
    client.subscribe('foo');
    await settle(client);
    expect(client.getBackpressure()).toBe(0);
    await feedAll(server, client, { listener: 2, receiver: 3, procedure: 4, channel: 5 });
    expect(client.getBackpressure()).toBe(5);
    client.killAllChannels();
    expect(client.getBackpressure()).toBe(4);
    client.killAllProcedures();
    expect(client.getBackpressure()).toBe(3);
    client.killAllReceivers();
    expect(client.getBackpressure()).toBe(2);
    client.killAllListeners();
    expect(client.getBackpressure()).toBe(0);
  },
);

row('streams', 'closing the connection neither closes nor kills a stream', async () => {
  const { server, client } = await opened();
  const all = witnesses(client, undefined);
  client.subscribe('foo');
  await settle(client);
  const closed = client.listener('close').once();
  await server.cut();
  await soon('close', closed);
  await turn();
  expect(all.ended()).toEqual([]);
  await all.done();
});
