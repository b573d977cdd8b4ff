import { StreamDemux, WritableConsumableStream } from '@asyngular/streams';
import { describe, expect, test, vi } from 'vitest';
import { outcome, read } from './helpers/reading.js';
import { settle, useVirtualTime } from './helpers/time.js';

function writeNumbers(stream: WritableConsumableStream<number>, count: number): number[] {
  const numbers = Array.from({ length: count }, (_, index) => index);
  for (const number of numbers) stream.write(number);
  return numbers;
}

describe('acceptance', () => {
  test('1: a late consumer gets only later writes', async () => {
    const stream = new WritableConsumableStream<string>();
    const early = stream.createConsumer();
    stream.write('a');
    const late = stream.createConsumer();
    stream.write('b');
    expect(await early.next()).toEqual({ value: 'a', done: false });
    expect(await early.next()).toEqual({ value: 'b', done: false });
    expect(await late.next()).toEqual({ value: 'b', done: false });
    expect(late.getBackpressure()).toBe(0);
  });

  test('2: two loops of different speed each get all ten', async () => {
    using _time = useVirtualTime();
    const stream = new WritableConsumableStream<number>();
    const fast = read(stream, 5);
    const slow = read(stream, 50);
    const numbers = writeNumbers(stream, 10);
    await vi.advanceTimersByTimeAsync(60);
    expect(fast.values).toEqual(numbers);
    expect(slow.values).toEqual([0, 1]);
    await vi.advanceTimersByTimeAsync(500);
    expect(slow.values).toEqual(numbers);
  });

  test('3: a write from inside the loop is delivered', async () => {
    const stream = new WritableConsumableStream<number>();
    const reading = read(stream, undefined, (value) => {
      if (value < 3) stream.write(value + 1);
      else stream.close();
    });
    stream.write(0);
    await reading.done;
    expect(reading.values).toEqual([0, 1, 2, 3]);
  });

  test('4: a slow loop gets everything written before the close, then exits', async () => {
    using _time = useVirtualTime();
    const stream = new WritableConsumableStream<number>();
    const reading = read(stream, 10);
    const numbers = writeNumbers(stream, 5);
    stream.close();
    await vi.advanceTimersByTimeAsync(49);
    expect(reading.values).toEqual(numbers);
    expect(reading.hasEnded).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(reading.hasEnded).toBe(true);
  });

  test('5: a kill in the tick of the writes delivers nothing to a waiting loop', async () => {
    const stream = new WritableConsumableStream<number>();
    const reading = read(stream);
    await settle();
    writeNumbers(stream, 10);
    expect(stream.getBackpressure()).toBe(10);
    stream.kill();
    expect(stream.getBackpressure()).toBe(0);
    await reading.done;
    expect(reading.values).toEqual([]);
  });

  test('6: a kill during a body with a backlog delivers exactly the current packet', async () => {
    using _time = useVirtualTime();
    const stream = new WritableConsumableStream<number>();
    const reading = read(stream, 10);
    writeNumbers(stream, 5);
    await vi.advanceTimersByTimeAsync(5);
    stream.kill();
    await vi.advanceTimersByTimeAsync(5);
    await reading.done;
    expect(reading.values).toEqual([0]);
  });

  test('7: a kill during a body with an empty backlog ends the loop', async () => {
    using _time = useVirtualTime();
    const demux = new StreamDemux<number>();
    const reading = read(demux.stream('x'), 10);
    demux.write('x', 1);
    await vi.advanceTimersByTimeAsync(5);
    demux.kill('x');
    await vi.advanceTimersByTimeAsync(5);
    await reading.done;
    expect(reading.values).toEqual([1]);
  });

  test('8: consumers created after a kill or a close work', async () => {
    const stream = new WritableConsumableStream<number>();
    for (const end of ['kill', 'close'] as const) {
      stream[end]('over');
      const old = stream.createConsumer();
      stream[end]('over');
      const fresh = stream.createConsumer();
      stream.write(1);
      expect(await old.next()).toEqual({ value: 'over', done: true });
      expect(await fresh.next()).toEqual({ value: 1, done: false });
      fresh.return();
    }
  });

  test('9: next() carries the end value of a close and of a kill', async () => {
    const stream = new WritableConsumableStream<number>();
    const closed = stream.next();
    stream.close('closed');
    expect(await closed).toEqual({ value: 'closed', done: true });
    const killed = stream.next();
    stream.kill('killed');
    expect(await killed).toEqual({ value: 'killed', done: true });
  });

  test('10: once() never resolves on an end; once(200) rejects early', async () => {
    using _time = useVirtualTime();
    const stream = new WritableConsumableStream<number>();
    const patient = stream.once();
    for (const end of ['close', 'kill'] as const) {
      const limited = stream.once(200);
      stream[end]();
      await expect(limited).rejects.toMatchObject({
        name: 'TimeoutError',
        message: 'Stream consumer operation timed out early because stream ended',
      });
    }
    stream.write(1);
    expect(await outcome(patient)).toBe('pending');
    expect(stream.getConsumerCount()).toBe(0);
  });

  test('11: a timeout shorter than the pace of the writes ends the loop', async () => {
    using _time = useVirtualTime();
    const stream = new WritableConsumableStream<number>();
    const pace = setInterval(() => stream.write(1), 30);
    const consumer = stream.createConsumer(20);
    const reading = read(consumer);
    const rejected = expect(reading.done).rejects.toMatchObject({
      name: 'TimeoutError',
      message: 'Stream consumer iteration timed out after 20 ms',
    });
    await vi.advanceTimersByTimeAsync(21);
    await rejected;
    clearInterval(pace);
    expect(consumer.isAlive).toBe(false);
    expect(stream.getConsumerStatsList()).toEqual([]);
  });

  test('12: reading on after a timeout loses nothing', async () => {
    using _time = useVirtualTime();
    const demux = new StreamDemux<string>();
    const consumer = demux.createConsumer('x', 20);
    const waiting = consumer.next().catch((error) => error.name);
    await vi.advanceTimersByTimeAsync(20);
    expect(await waiting).toBe('TimeoutError');
    await vi.advanceTimersByTimeAsync(50);
    demux.write('x', 'a');
    await vi.advanceTimersByTimeAsync(50);
    demux.write('x', 'b');
    expect(demux.getBackpressureAll()).toBe(0);
    expect(await consumer.next()).toEqual({ value: 'a', done: false });
    expect(consumer.isAlive).toBe(true);
    expect(demux.getBackpressureAll()).toBe(1);
    expect(await consumer.next()).toEqual({ value: 'b', done: false });
    expect(consumer.getBackpressure()).toBe(0);
  });

  test('13: writes and kills on other names of a demux do not reset a timeout', async () => {
    using _time = useVirtualTime();
    const demux = new StreamDemux<number>();
    const result = demux
      .stream('quiet')
      .next(25)
      .catch((error) => error.name);
    const others = setInterval(() => {
      demux.write('busy', 1);
      demux.kill('killed');
    }, 10);
    await vi.advanceTimersByTimeAsync(25);
    clearInterval(others);
    expect(await result).toBe('TimeoutError');
  });

  test('14: killing one consumer by id leaves the others', async () => {
    const stream = new WritableConsumableStream<number>();
    const [one, two] = [stream.createConsumer(), stream.createConsumer()];
    stream.write(1);
    stream.killConsumer(one.id, 'gone');
    expect(await one.next()).toEqual({ value: 'gone', done: true });
    expect(await two.next()).toEqual({ value: 1, done: false });
    expect(stream.getConsumerList()).toEqual([two]);
  });

  test('15: writeToConsumer reaches one only', async () => {
    const stream = new WritableConsumableStream<string>();
    const [one, two] = [stream.createConsumer(), stream.createConsumer()];
    stream.writeToConsumer(two.id, 'for two');
    stream.writeToConsumer(99, 'for nobody');
    expect(one.getBackpressure()).toBe(0);
    expect(await two.next()).toEqual({ value: 'for two', done: false });
  });

  test('16: break and throw leave no consumer behind', async () => {
    const stream = new WritableConsumableStream<number>();
    const breaking = (async () => {
      for await (const _ of stream) break;
    })();
    const throwing = (async () => {
      for await (const _ of stream) throw new Error('body');
    })();
    stream.write(1);
    stream.write(2);
    await breaking;
    await expect(throwing).rejects.toThrow('body');
    expect(stream.getConsumerCount()).toBe(0);
    expect(stream.getBackpressure()).toBe(0);
  });

  test.each([undefined, 10])('17: a restarted loop misses nothing (body %s ms)', async (bodyMs) => {
    using _time = useVirtualTime();
    const demux = new StreamDemux<string>();
    const rounds: string[][] = [];
    void (async () => {
      for (;;) {
        const round: string[] = [];
        rounds.push(round);
        await read(demux.stream<string>('x'), bodyMs, (value) => round.push(value)).done;
      }
    })();
    for (const value of ['a', 'b']) demux.write('x', value);
    demux.close('x');
    for (const value of ['c', 'd']) demux.write('x', value);
    await vi.advanceTimersByTimeAsync(100);
    demux.write('x', 'e');
    await vi.advanceTimersByTimeAsync(100);
    expect(rounds).toEqual([
      ['a', 'b'],
      ['c', 'd', 'e'],
    ]);
  });

  test('18: statistics have their shape and the order of the ids', () => {
    const demux = new StreamDemux<number>();
    for (const name of ['a', 'b', 'a', 'b', 'a'])
      demux.createConsumer(name, name === 'b' ? 50 : undefined);
    demux.write('b', 1);
    expect(demux.getConsumerStatsListAll()).toEqual([
      { id: 1, backpressure: 0, stream: 'a' },
      { id: 2, backpressure: 1, timeout: 50, stream: 'b' },
      { id: 3, backpressure: 0, stream: 'a' },
      { id: 4, backpressure: 1, timeout: 50, stream: 'b' },
      { id: 5, backpressure: 0, stream: 'a' },
    ]);
    expect(demux.getConsumerStatsList('b').map(({ id }) => id)).toEqual([2, 4]);
    expect(demux.getConsumerStats(1)).toStrictEqual({ id: 1, backpressure: 0, stream: 'a' });
    const plain = new WritableConsumableStream();
    plain.createConsumer();
    expect(plain.getConsumerStats(1)).toStrictEqual({ id: 1, backpressure: 0 });
    expect(plain.getConsumerStats(2)).toBeUndefined();
  });

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', ''])(
    '19: %j is an ordinary name',
    async (name) => {
      const demux = new StreamDemux<number>();
      demux.write(name, 0);
      expect(demux.getConsumerStatsList(name)).toEqual([]);
      const reading = read(demux.stream(name));
      demux.write(name, 1);
      demux.close(name);
      await reading.done;
      expect(reading.values).toEqual([1]);
      expect(demux.getConsumerCountAll()).toBe(0);
    },
  );

  test('20: backpressure counts down exactly and is never negative', async () => {
    const stream = new WritableConsumableStream<number>();
    const seen: number[] = [];
    const consumer = stream.createConsumer();
    const reading = read(consumer, undefined, () => seen.push(stream.getBackpressure()));
    writeNumbers(stream, 20);
    stream.close();
    await reading.done;
    expect(seen).toEqual(Array.from({ length: 20 }, (_, index) => 20 - index));
    const again = consumer.next();
    stream.write(1);
    await again;
    expect(consumer.getBackpressure()).toBe(0);
    stream.kill();
    await consumer.next();
    const afterKill = consumer.next();
    expect(consumer.getBackpressure()).toBe(0);
    stream.write(2);
    expect(await afterKill).toEqual({ value: 2, done: false });
    expect(stream.getBackpressure()).toBe(0);
  });
});
