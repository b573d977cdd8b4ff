import { pass, stopTime } from '@asyngular/test-utils/clock';
import { rejection } from '@asyngular/test-utils/wait';
import { describe, expect, it } from 'vitest';
import { MemoryHub, memoryBroker } from '../src/index.js';
import { payloads, startMemoryNodes } from './support/memory-nodes.js';

describe('a log in memory', () => {
  it('hands an entry to every node that follows, its own included, before append() returns', () => {
    const [a, b, c] = startMemoryNodes(3);
    void a!.log.follow('room');
    void b!.log.follow('room');
    const { position } = a!.append('room', 'first');
    for (const node of [a!, b!]) {
      expect(node.entries).toEqual([
        { channel: 'room', entry: { position, payload: 'first', previous: 0 } },
      ]);
    }
    expect(c!.entries).toEqual([]);
    void b!.log.unfollow('room');
    a!.append('room', 'second');
    expect(a!.entries[1]!.entry.previous).toBe(position.offset);
    expect(b!.entries).toHaveLength(1);
  });

  it('reads the very entries that it announced, so that their frames stay good', () => {
    const [a] = startMemoryNodes(1);
    void a!.log.follow('room');
    a!.append('room', 'once');
    expect(a!.read('room').entries[0]).toBe(a!.entries[0]!.entry);
  });

  it('announces in the order of the log what is published while an entry is announced', () => {
    const hub = new MemoryHub();
    const orders: unknown[][] = [];
    const brokers = [memoryBroker({ hub }), memoryBroker({ hub })];
    for (const broker of brokers) {
      const order: unknown[] = [];
      orders.push(order);
      void broker.start({
        onMessage() {},
        onEvent() {},
        onEntry: (_channel, { payload }) => {
          order.push(payload);
          if (payload === 'question') void broker.log!.append('room', 'answer');
        },
        policyOf: () => ({ size: 9, ttlMs: 1_000, maxBytes: 1_000, idempotencyWindowMs: 1_000 }),
      });
      void broker.log!.follow('room');
    }
    void brokers[0]!.log!.append('room', 'question');
    expect(orders).toEqual([
      ['question', 'answer', 'answer'],
      ['question', 'answer', 'answer'],
    ]);
  });

  it('keeps its logs when the last broker of a hub has left', async () => {
    const hub = new MemoryHub();
    const start = () => {
      const broker = memoryBroker({ hub });
      void broker.start({
        onMessage() {},
        onEvent() {},
        policyOf: () => ({ size: 9, ttlMs: 1_000, maxBytes: 1_000, idempotencyWindowMs: 1_000 }),
      });
      return broker;
    };
    const first = start();
    await first.log!.append('room', 'kept');
    await first.close();
    const page = await start().log!.read('room', { limit: 9, maxBytes: 100 });
    expect(payloads(page)).toEqual(['kept']);
  });

  it('refuses channels without history, and everything before start and after close', async () => {
    const idle = memoryBroker().log!;
    const [a] = startMemoryNodes(1);
    const read = { limit: 1, maxBytes: 1 };
    const refusals = async (log: typeof idle, channel: string) => {
      const calls = [
        log.append(channel, ''),
        log.read(channel, read),
        log.tops([channel]),
        log.follow(channel),
      ];
      const errors = await Promise.all(calls.map((call) => rejection(Promise.resolve(call))));
      return new Set(errors.map(({ code, reason }) => `${code} ${reason}`));
    };
    expect(await refusals(idle, 'room')).toEqual(new Set(['ERR_BROKER_UNAVAILABLE closed']));
    expect(await refusals(a!.log, 'plain')).toEqual(new Set(['ERR_BROKER_UNAVAILABLE refused']));
    await a!.broker.close();
    expect(await refusals(a!.log, 'room')).toEqual(new Set(['ERR_BROKER_UNAVAILABLE closed']));
  });

  it('says that options of a hub belong to the hub', () => {
    const hub = new MemoryHub();
    expect(() => memoryBroker({ hub, maxHistoryBytes: 1 })).toThrow(
      'The maxHistoryBytes option of memoryBroker() has no effect beside hub; give it to the MemoryHub',
    );
    expect(() => new MemoryHub({ maxHistoryBytes: 0 })).toThrow(
      'The maxHistoryBytes option of MemoryHub is 0; it must be a whole number of bytes, 1 or more',
    );
  });
});

describe('what a log in memory forgets', () => {
  it('is what its size and its bytes have no room for, but never the newest publication', () => {
    const [a] = startMemoryNodes(1, { size: 3, maxBytes: 10 });
    for (const payload of ['1', '2', '3', '4']) a!.append('room', payload);
    expect(payloads(a!.read('room'))).toEqual(['2', '3', '4']);
    a!.append('room', 'ü'.repeat(4));
    expect(payloads(a!.read('room'))).toEqual(['3', '4', 'üüüü']);
    a!.append('room', 'x'.repeat(11));
    expect(payloads(a!.read('room'))).toEqual(['x'.repeat(11)]);
    expect(a!.log.stats()).toMatchObject({ appended: 6, publications: 1, bytes: 11 });
  });

  it('reaches from the publication before the oldest one: nothing after it is gone', () => {
    const [a] = startMemoryNodes(1, { size: 2 });
    const positions = ['1', '2', '3', '4'].map((payload) => a!.append('room', payload).position);
    expect(a!.read('room', { after: positions[0]! }).reached).toBe(false);
    expect(payloads(a!.read('room', { after: positions[1]! }))).toEqual(['3', '4']);
  });

  it('are publications after their ttl, while the place of the log stays', async () => {
    stopTime();
    const [a] = startMemoryNodes(1, { ttlMs: 1_000 });
    const first = a!.append('room', '1').position;
    const second = a!.append('room', '2').position;
    await pass(900);
    expect(payloads(a!.read('room', { after: first }))).toEqual(['2']);
    await pass(200);
    expect(a!.read('room', { after: first }).reached).toBe(false);
    expect(a!.read('room', { after: second })).toMatchObject({ reached: true, entries: [] });
    expect(a!.append('room', '3').position).toEqual({ ...second, offset: second.offset + 1 });
    expect(payloads(a!.read('room', { after: second }))).toEqual(['3']);
  });

  it('goes though nobody asks any more: payloads after the ttl, the rest after a day', async () => {
    stopTime();
    const [a] = startMemoryNodes(1, { ttlMs: 1_000 });
    for (let index = 0; index < 2_500; index++) a!.append(`room ${index}`, 'text', `id ${index}`);
    expect(a!.log.stats()).toMatchObject({ channels: 2_500, publications: 2_500, bytes: 10_000 });
    await pass(60_000);
    expect(a!.log.stats()).toMatchObject({ channels: 2_500, publications: 0, bytes: 0 });
    await pass(86_400_000);
    expect(a!.log.stats()).toMatchObject({ channels: 0, evictions: 0 });
  });

  it('is not the log of a channel that is asked about, however quiet it is', async () => {
    stopTime();
    const [a] = startMemoryNodes(1);
    const { epoch } = a!.top('quiet');
    for (let hour = 0; hour < 50; hour++) {
      await pass(3_600_000);
      expect(a!.top('quiet').epoch).toBe(epoch);
    }
  });

  it('is an id after its window, whether its publication is kept or not', async () => {
    stopTime();
    const [a] = startMemoryNodes(1, { size: 1, idempotencyWindowMs: 1_000 });
    const first = a!.append('room', '1', 'x');
    a!.append('room', '2');
    await pass(999);
    expect(a!.append('room', 'again', 'x')).toEqual({ ...first, duplicate: true });
    await pass(1);
    expect(a!.append('room', '3', 'x').duplicate).toBe(false);
    expect(a!.log.stats()).toMatchObject({ appended: 3, duplicates: 1 });
  });

  it('is the log published longest ago when all of them are too large, and it comes back with a new epoch', () => {
    const [a] = startMemoryNodes(1, {}, { maxHistoryBytes: 100_000 });
    const oldest = a!.append('oldest', '').position;
    const { epoch } = a!.append('busy', '').position;
    for (let index = 0; index < 60; index++) {
      a!.append(`room ${index}`, 'x'.repeat(1_000));
      a!.append('busy', '');
    }
    const { evictions, channels, bytes } = a!.log.stats();
    expect(bytes).toBeLessThan(100_000);
    expect(evictions).toBe(62 - channels);
    expect(evictions).toBeGreaterThan(5);
    expect(a!.top('busy').epoch).toBe(epoch);
    expect(a!.top('room 59')).toMatchObject({ offset: 1 });
    expect(a!.read('oldest', { after: oldest }).reached).toBe(false);
    expect(a!.top('oldest')).toMatchObject({ offset: 0 });
    expect(a!.top('oldest').epoch).not.toBe(oldest.epoch);
  });

  it('is a log that nobody has published to before any other, so that names alone take no history away', () => {
    const [a] = startMemoryNodes(1, {}, { maxHistoryBytes: 100_000 });
    const { position } = a!.append('room', 'kept');
    for (let index = 0; index < 1_000; index++) a!.top(`name ${index}`);
    expect(a!.log.stats()).toMatchObject({ publications: 1 });
    expect(a!.read('room').entries).toMatchObject([{ position, payload: 'kept' }]);
    expect(a!.top('name 999').epoch).toBe(a!.top('name 999').epoch);
  });
});
