import { collect } from '@asyngular/test-utils/collect';
import { until, within } from '@asyngular/test-utils/wait';
import { describe, expect, it } from 'vitest';
import { startFleet } from './fleet.js';

describe('a client whose server leaves', () => {
  it('goes to another one, and misses nothing and gets nothing twice', async () => {
    const { old, next, route, connect } = await startFleet();
    const { socket, events } = await connect();
    const got = { log: [] as number[], plain: [] as number[], other: [] as number[] };
    got.log = collect(socket.subscribe('log:1') as AsyncIterable<number>);
    got.plain = collect(socket.subscribe('plain:1') as AsyncIterable<number>);
    got.other = collect(socket.subscribe('plain:2') as AsyncIterable<number>);
    for (const name of ['log:1', 'plain:1', 'plain:2']) await socket.channel(name).subscribed();
    const migrations = collect(socket.listener('migrated'));
    events.length = 0;
    const id = socket.id;
    let sent = 0;
    const publisher = setInterval(() => {
      sent++;
      const from = sent % 2 ? old : next;
      void from.exchange.transmitPublish('log:1', sent).catch(() => {});
      old.exchange.transmitPublish('plain:1', sent).catch(() => {});
      next.exchange.transmitPublish('plain:2', sent).catch(() => {});
    }, 2);
    await until('some publications', () => sent > 20);
    route(next);
    const drained = old.drain({ spread: 100, timeout: 5_000 });
    await until('the move', () => migrations.length === 1);
    await within('the drain', drained);
    clearInterval(publisher);
    await until('all', () => got.other.length >= sent);
    expect(socket.state).toBe('open');
    expect(migrations).toEqual([{ oldId: id, id: socket.id, duration: expect.any(Number) }]);
    expect(next.clients[socket.id!]).toBeDefined();
    const upTo = (count: number) => [...Array(count)].map((_, index) => index + 1);
    expect(got.other).toEqual(upTo(sent));
    expect(got.plain).toEqual(upTo(got.plain.length));
    expect(events).toEqual([]);
    expect(new Set(got.log).size).toBe(got.log.length);
  });
});
