import { until } from '@asyngular/test-utils/wait';
import { describe, expect, it } from 'vitest';
import { RedisWithNodes } from './support/redis-with-nodes.js';

const redis = new RedisWithNodes();

/** How often Redis has run a command since it was asked last. */
async function calls(command: string): Promise<number> {
  const stats = await redis.admin.info('commandstats');
  await redis.admin.config('RESETSTAT');
  return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
}

describe('appends of one turn of the event loop', () => {
  it('are one script and one message for each log, in the order of the calls', async () => {
    const node = await redis.start();
    const channels = ['x', 'y'];
    await Promise.all(channels.map((channel) => node.log.follow(channel)));
    await Promise.all(channels.map((channel) => node.append(channel, 'first')));
    await calls('evalsha');
    const positions = await Promise.all(
      ['1', '2', '3'].flatMap((payload) =>
        channels.map((channel) => node.append(channel, payload)),
      ),
    );
    expect(await calls('evalsha')).toBe(2);
    expect(positions.map(({ offset }) => offset)).toEqual([2, 2, 3, 3, 4, 4]);
    await until('all live entries', () => node.entries.length === 8);
    for (const channel of channels) {
      expect(node.live(channel)).toEqual(['first', '1', '2', '3']);
      expect(await node.payloads(channel)).toEqual(['first', '1', '2', '3']);
      const places = node.entries
        .filter((it) => it.channel === channel)
        .map(({ entry: { position, previous } }) => [previous, position.offset]);
      expect(places).toEqual([
        [0, 1],
        [1, 2],
        [2, 3],
        [3, 4],
      ]);
    }
  });

  it('know an id that one of them has already', async () => {
    const node = await redis.start();
    await node.log.follow('x');
    const appended = await Promise.all([
      node.log.append('x', 'order', { id: 'order-17' }),
      node.log.append('x', 'other'),
      node.log.append('x', 'order again', { id: 'order-17' }),
      node.log.append('x', 'last', { id: 'order-18' }),
    ]);
    expect(appended.map(({ duplicate }) => duplicate)).toEqual([false, false, true, false]);
    expect(appended.map(({ position }) => position.offset)).toEqual([1, 2, 1, 3]);
    await until('the live entries', () => node.entries.length === 3);
    expect(node.live('x')).toEqual(['order', 'other', 'last']);
    expect(await node.payloads('x')).toEqual(['order', 'other', 'last']);
  });

  it('keep every byte of text and binary payloads, newlines and nothing at all', async () => {
    const node = await redis.start();
    await node.log.follow('x');
    const binary = Uint8Array.of(0, 10, 32, 255);
    const payloads = ['', '1:2-3 4\n', '§ 🙂\n\n', binary, 'last'];
    await Promise.all(payloads.map((payload) => node.log.append('x', payload)));
    await until('the live entries', () => node.entries.length === payloads.length);
    const texts = (all: readonly unknown[]) =>
      all.map((it) => (typeof it === 'string' ? it : [...(it as Uint8Array)]));
    expect(texts(node.live('x'))).toEqual(texts(payloads));
    expect(texts(await node.payloads('x'))).toEqual(texts(payloads));
  });

  it('leave no more bytes in the log than it may have, and always the newest', async () => {
    const node = await redis.start({ maxBytes: 100 });
    const append = (lengths: number[]) =>
      Promise.all(lengths.map((length) => node.append('x', 'x'.repeat(length))));
    await append([40, 40, 40, 40]);
    expect((await node.payloads('x')).map((it) => (it as string).length)).toEqual([40, 40]);
    await append([10, 10, 300]);
    expect((await node.payloads('x')).map((it) => (it as string).length)).toEqual([300]);
  });

  it('are several scripts when they are large, so that Redis cuts off no subscriber', async () => {
    const bounds = { maxQueuedBytes: 100_000_000 };
    const node = await redis.start({ maxBytes: 100_000_000 }, bounds);
    await node.log.follow('x');
    const earlier = node.events.length;
    // As many as may be under way, as large as servers take them: together more than Redis keeps for a subscriber.
    const payload = 'x'.repeat(1_048_576);
    const offsets = Array.from({ length: 32 }, (_, index) => index + 1);
    const positions = await Promise.all(offsets.map(() => node.append('x', payload)));
    expect(positions.map(({ offset }) => offset)).toEqual(offsets);
    await until('all live entries', () => node.entries.length === 32);
    expect(node.entries.map(({ entry }) => entry.position.offset)).toEqual(offsets);
    expect(node.events.slice(earlier)).toEqual([]);
  });

  it('are all refused when the memory is full, and leave nothing', async () => {
    const node = await redis.start();
    const first = await node.append('x', 'first');
    await redis.admin.config('SET', 'maxmemory', '1');
    const refused = await Promise.allSettled(['1', '2', '3'].map((it) => node.append('x', it)));
    await redis.admin.config('SET', 'maxmemory', '0');
    for (const { status } of refused) expect(status).toBe('rejected');
    expect(await node.top('x')).toEqual(first);
    expect(await node.append('x', 'second')).toMatchObject({ offset: 2 });
    expect(await node.payloads('x')).toEqual(['first', 'second']);
  });
});
