import {
  AsyncStreamEmitter,
  type OverflowPolicy,
  StreamDemux,
  WritableConsumableStream,
} from '@asyngular/streams';
import { describe, expect, test, vi } from 'vitest';
import { read } from './helpers/reading.js';
import { settle, useVirtualTime } from './helpers/time.js';

function consumerWithLimit(overflow: OverflowPolicy | undefined) {
  const stream = new WritableConsumableStream<number>();
  const consumer = stream.createConsumer({ highWaterMark: 3, overflow });
  return { stream, consumer };
}

describe('highWaterMark', () => {
  test('drop-oldest keeps the newest', async () => {
    const { stream, consumer } = consumerWithLimit('drop-oldest');
    for (let value = 1; value <= 5; value++) stream.write(value);
    expect(consumer.getBackpressure()).toBe(3);
    stream.close();
    const reading = read(consumer);
    await reading.done;
    expect(reading.values).toEqual([3, 4, 5]);
  });

  test('drop-newest keeps the oldest', async () => {
    const { stream, consumer } = consumerWithLimit('drop-newest');
    for (let value = 1; value <= 5; value++) stream.write(value);
    stream.close();
    const reading = read(consumer);
    await reading.done;
    expect(reading.values).toEqual([1, 2, 3]);
  });

  test.each(['error', undefined] as const)(
    '%s (the default) delivers what came before, then rejects naming the limit',
    async (overflow) => {
      const { stream, consumer } = consumerWithLimit(overflow);
      const other = read(stream);
      for (let value = 1; value <= 5; value++) stream.write(value);
      const reading = read(consumer);
      await expect(reading.done).rejects.toMatchObject({
        name: 'BacklogLimitError',
        highWaterMark: 3,
        message: expect.stringContaining('highWaterMark: 3'),
      });
      expect(reading.values).toEqual([1, 2, 3]);
      expect(consumer.isAlive).toBe(false);
      expect(stream.getConsumerCount()).toBe(1);
      expect(other.values).toEqual([1, 2, 3, 4, 5]);
      const next = consumer.next();
      stream.write(6);
      expect(await next).toEqual({ value: 6, done: false });
    },
  );

  test('end markers are kept, and dropping passes over them', async () => {
    const { stream, consumer } = consumerWithLimit('drop-oldest');
    stream.close('end');
    for (let value = 1; value <= 5; value++) stream.write(value);
    expect(consumer.getBackpressure()).toBe(3);
    expect(await consumer.next()).toEqual({ value: 'end', done: true });
    expect(await consumer.next()).toEqual({ value: 4, done: false });
    expect(await consumer.next()).toEqual({ value: 5, done: false });
  });

  test('a stream that is closed again and again does not pass the limit', () => {
    const { stream, consumer } = consumerWithLimit('drop-oldest');
    for (let count = 0; count < 100; count++) stream.close();
    expect(consumer.getBackpressure()).toBe(3);
    stream.write(1);
    expect(consumer.getBackpressure()).toBe(3);
  });

  test('bounds what a timed-out consumer collects', async () => {
    using _time = useVirtualTime();
    const stream = new WritableConsumableStream<number>();
    const consumer = stream.createConsumer({
      timeout: 5,
      highWaterMark: 2,
      overflow: 'drop-oldest',
    });
    const waiting = consumer.next().catch((error) => error.name);
    await vi.advanceTimersByTimeAsync(5);
    expect(await waiting).toBe('TimeoutError');
    for (let value = 1; value <= 9; value++) stream.write(value);
    expect((await consumer.next()).value).toBe(8);
    expect((await consumer.next()).value).toBe(9);
  });

  test.each([0, -1, Number.NaN])('%s is refused', (highWaterMark) => {
    const stream = new WritableConsumableStream();
    expect(() => stream.createConsumer({ highWaterMark })).toThrow(/highWaterMark option/);
  });

  test('an unknown policy is refused', () => {
    const stream = new WritableConsumableStream();
    const overflow = 'drop' as OverflowPolicy;
    expect(() => stream.createConsumer({ highWaterMark: 1, overflow })).toThrow(/overflow option/);
  });
});

describe('meter', () => {
  function createMetered() {
    const level = { messages: 0, bytes: 0 };
    const demux = new StreamDemux<number>({
      meter: {
        add: (size) => {
          level.messages++;
          level.bytes += size;
        },
        remove: (size) => {
          level.messages--;
          level.bytes -= size;
        },
      },
    });
    return { demux, level };
  }

  test('counts what waits, over all consumers and names', async () => {
    const { demux, level } = createMetered();
    demux.write('x', 0, 100);
    expect(level).toEqual({ messages: 0, bytes: 0 });
    const consumers = [
      demux.createConsumer('x'),
      demux.createConsumer('x'),
      demux.createConsumer('y'),
    ];
    demux.write('x', 1, 100);
    demux.write('y', 2, 30);
    demux.close('y');
    expect(level).toEqual({ messages: 4, bytes: 230 });
    await consumers[0]?.next();
    expect(level).toEqual({ messages: 3, bytes: 130 });
  });

  test('is told the size of an event', () => {
    const sizes: number[] = [];
    const meter = { add: (size: number) => sizes.push(size), remove: () => {} };
    const emitter = new AsyncStreamEmitter({ meter });
    emitter.listener('x').createConsumer();
    emitter.emit('x', 'abc', 3);
    emitter.emit('x', 'abc');
    expect(sizes).toEqual([3, 0]);
  });

  test('is back at zero after a read, kill, return, drop, timeout and abort', async () => {
    using _time = useVirtualTime();
    const { demux, level } = createMetered();
    const aborter = new AbortController();
    const limited = demux.createConsumer('x', { highWaterMark: 1, overflow: 'drop-oldest' });
    const returned = demux.createConsumer('x');
    const aborted = demux.createConsumer('x', { signal: aborter.signal });
    const sleeping = demux.createConsumer('x', 5);
    const waiting = sleeping.next().catch(() => {});
    await vi.advanceTimersByTimeAsync(5);
    await waiting;
    for (let value = 0; value < 3; value++) demux.write('x', value, 10);
    expect(level).toEqual({ messages: 7, bytes: 70 });
    await limited.next();
    returned.return();
    aborter.abort();
    await expect(aborted.next()).rejects.toBeDefined();
    expect(level).toEqual({ messages: 0, bytes: 0 });
    await sleeping.next();
    expect(level).toEqual({ messages: 2, bytes: 20 });
    demux.killAll();
    await settle();
    expect(level).toEqual({ messages: 0, bytes: 0 });
  });
});

test('a limit reached by packets that a kill took along is not reported', async () => {
  const stream = new WritableConsumableStream<number>();
  const consumer = stream.createConsumer({ highWaterMark: 1 });
  for (let value = 0; value < 3; value++) stream.write(value);
  stream.kill('first');
  for (let value = 0; value < 3; value++) stream.write(value);
  stream.kill('second');
  stream.write(9);
  expect(await consumer.next()).toEqual({ value: 'first', done: true });
  expect(await consumer.next()).toEqual({ value: 9, done: false });
});
