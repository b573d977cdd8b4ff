import { type Consumer, StreamDemux, WritableConsumableStream } from '@asyngular/streams';
import { describe, expect, test, vi } from 'vitest';
import { outcome, read } from './helpers/reading.js';
import { nextMacrotask, settle, useVirtualTime } from './helpers/time.js';

describe('next()', () => {
  test('concurrent calls are answered in order', async () => {
    const stream = new WritableConsumableStream<string>();
    const consumer = stream.createConsumer();
    const calls = [consumer.next(), consumer.next(), consumer.next()];
    stream.write('a');
    stream.write('b');
    await settle();
    const late = consumer.next();
    stream.write('c');
    stream.write('d');
    expect((await Promise.all([...calls, late])).map(({ value }) => value)).toEqual([
      'a',
      'b',
      'c',
      'd',
    ]);
  });

  test('a call behind one that takes an end marker reads on after it', async () => {
    const stream = new WritableConsumableStream<string>();
    const consumer = stream.createConsumer();
    const calls = [consumer.next(), consumer.next()];
    stream.close('end');
    stream.write('after');
    expect(await Promise.all(calls)).toEqual([
      { value: 'end', done: true },
      { value: 'after', done: false },
    ]);
    expect(stream.getConsumerCount()).toBe(1);
  });

  test('a kill ends every call that waits', async () => {
    const stream = new WritableConsumableStream<string>();
    const consumer = stream.createConsumer();
    const calls = [consumer.next(), consumer.next()];
    stream.kill('end');
    const results = await Promise.all(calls);
    expect(results).toEqual([
      { value: 'end', done: true },
      { value: 'end', done: true },
    ]);
    expect(results[0]).not.toBe(results[1]);
    expect(stream.getConsumerCount()).toBe(0);
  });

  test('result objects are fresh for every consumer, values are shared', async () => {
    const stream = new WritableConsumableStream<object>();
    const [one, two] = [stream.createConsumer(), stream.createConsumer()];
    const value = {};
    stream.write(value);
    const [a, b] = [await one.next(), await two.next()];
    expect(a).not.toBe(b);
    expect(a.value).toBe(value);
    expect(b.value).toBe(value);
  });

  test('a user value that looks like a packet is a value', async () => {
    const stream = new WritableConsumableStream<unknown>();
    const consumer = stream.createConsumer();
    stream.write({ value: 1, done: true });
    expect(await consumer.next()).toEqual({ value: { value: 1, done: true }, done: false });
  });

  test('long backlogs keep their order across compaction', async () => {
    const stream = new WritableConsumableStream<number>();
    const consumer = stream.createConsumer();
    const seen: number[] = [];
    let written = 0;
    for (let round = 0; round < 20; round++) {
      for (let index = 0; index < 200; index++) stream.write(written++);
      for (let index = 0; index < 150; index++) seen.push((await consumer.next()).value);
      expect(consumer.getBackpressure()).toBe((round + 1) * 50);
    }
    while (consumer.getBackpressure() > 0) seen.push((await consumer.next()).value);
    expect(seen).toEqual(Array.from({ length: written }, (_, index) => index));
  });
});

describe('kill', () => {
  test('before the first next(): the kill value, never the old backlog', async () => {
    const stream = new WritableConsumableStream<number>();
    const consumer = stream.createConsumer();
    stream.write(1);
    consumer.kill('k');
    expect(consumer.isAlive).toBe(false);
    expect(consumer.getBackpressure()).toBe(0);
    expect(await consumer.next()).toEqual({ value: 'k', done: true });
  });

  test('what is written right after it reaches a consumer that reads again', async () => {
    const demux = new StreamDemux<string>();
    const consumer = demux.createConsumer('x');
    demux.write('x', 'before');
    demux.kill('x', 'k');
    demux.write('x', 'after');
    expect(demux.getConsumerCountAll()).toBe(0);
    expect(await consumer.next()).toEqual({ value: 'k', done: true });
    expect(await consumer.next()).toEqual({ value: 'after', done: false });
    expect(consumer.isAlive).toBe(true);
    expect(demux.hasConsumer('x', consumer.id)).toBe(true);
  });

  test('the same when a call was waiting', async () => {
    const stream = new WritableConsumableStream<string>();
    const consumer = stream.createConsumer();
    const waiting = consumer.next();
    stream.kill('k');
    stream.write('after');
    const second = consumer.next();
    expect(await waiting).toEqual({ value: 'k', done: true });
    expect(await second).toEqual({ value: 'after', done: false });
  });

  test('what it collected is released at the end of the macrotask', async () => {
    const stream = new WritableConsumableStream<string>();
    const consumer = stream.createConsumer();
    stream.kill('k');
    stream.write('collected');
    await nextMacrotask();
    await nextMacrotask();
    stream.write('unseen');
    expect(await consumer.next()).toEqual({ value: 'k', done: true });
    const next = consumer.next();
    stream.write('seen');
    expect(await next).toEqual({ value: 'seen', done: false });
  });

  test('a kill taken after its sub-stream was forgotten loses nothing from then on', async () => {
    // The forgotten sub-stream went on collecting beside the demux, where no write could reach it.
    const demux = new StreamDemux<string>();
    const consumer = demux.createConsumer('x');
    demux.kill('x', 'k');
    await nextMacrotask();
    await nextMacrotask();
    expect(await consumer.next()).toEqual({ value: 'k', done: true });
    demux.write('x', 'a');
    expect(await consumer.next()).toEqual({ value: 'a', done: false });
  });

  test('a second kill adds no second end, and takes what the first let through', async () => {
    const stream = new WritableConsumableStream<string>();
    const consumer = stream.createConsumer();
    stream.kill('first');
    stream.write('between');
    stream.kill('second');
    stream.write('after');
    expect(await consumer.next()).toEqual({ value: 'first', done: true });
    expect(await consumer.next()).toEqual({ value: 'after', done: false });
  });
});

describe('return()', () => {
  test('is synchronous, idempotent, and ends waiting calls', async () => {
    const stream = new WritableConsumableStream<number>();
    const consumer = stream.createConsumer();
    const waiting = [consumer.next(), consumer.next()];
    stream.write(1);
    expect(consumer.return()).toEqual({});
    expect(consumer.return()).toEqual({});
    expect(stream.getConsumerCount()).toBe(0);
    expect(stream.getBackpressure()).toBe(0);
    expect(await Promise.all(waiting)).toEqual([
      { value: undefined, done: true },
      { value: undefined, done: true },
    ]);
    expect(consumer.isAlive).toBe(false);
  });

  test('cancels the timeout of a waiting call', async () => {
    using _time = useVirtualTime();
    const stream = new WritableConsumableStream<number>();
    const consumer = stream.createConsumer(10);
    const waiting = consumer.next();
    consumer.return();
    expect(vi.getTimerCount()).toBe(0);
    expect(await waiting).toEqual({ value: undefined, done: true });
  });

  test('using and await using detach', async () => {
    const stream = new WritableConsumableStream<number>();
    {
      using consumer = stream.createConsumer();
      expect(consumer.isAlive).toBe(true);
    }
    expect(stream.getConsumerCount()).toBe(0);
    {
      await using _consumer = stream.createConsumer();
      expect(stream.getConsumerCount()).toBe(1);
    }
    expect(stream.getConsumerCount()).toBe(0);
  });
});

describe('registration', () => {
  test('an ended consumer registers again with the live sub-stream of its name', async () => {
    const demux = new StreamDemux<string>();
    const consumer = demux.createConsumer('x');
    demux.close('x');
    expect((await consumer.next()).done).toBe(true);
    await nextMacrotask();
    await nextMacrotask();
    const other = demux.createConsumer('x');
    const next = consumer.next();
    demux.write('x', 'a');
    expect(await next).toEqual({ value: 'a', done: false });
    expect(await other.next()).toEqual({ value: 'a', done: false });
    expect(demux.getConsumerCount('x')).toBe(2);
    demux.killConsumer(consumer.id);
    demux.killConsumer(other.id);
    expect(demux.getConsumerCountAll()).toBe(0);
  });

  test('options of the stream: own ids, and a call for every removal', async () => {
    const removed: number[] = [];
    let id = 10;
    const stream = new WritableConsumableStream<number>({
      generateConsumerId: () => {
        id += 10;
        return id;
      },
      removeConsumerCallback: (gone) => removed.push(gone),
    });
    const [one, two, three] = [
      stream.createConsumer(),
      stream.createConsumer(),
      stream.createConsumer(),
    ];
    expect([one.id, two.id, three.id]).toEqual([20, 30, 40]);
    one.return();
    one.return();
    stream.killConsumer(two.id);
    stream.close();
    await three.next();
    expect(removed).toEqual([20, 30, 40]);
  });

  test('a subclass that overrides setConsumer is told of every consumer', () => {
    const ids: number[] = [];
    class Watched extends WritableConsumableStream {
      override setConsumer(id: number, consumer: Consumer): void {
        super.setConsumer(id, consumer);
        ids.push(id);
      }
    }
    const stream = new Watched();
    stream.createConsumer();
    stream[Symbol.asyncIterator]();
    expect(ids).toEqual([1, 2]);
    expect(stream.getConsumerCount()).toBe(2);
  });

  test('removeConsumer detaches like return() and tells whether it did', async () => {
    const stream = new WritableConsumableStream<number>();
    const consumer = stream.createConsumer();
    const waiting = consumer.next();
    expect(stream.removeConsumer(consumer.id)).toBe(true);
    expect(stream.removeConsumer(consumer.id)).toBe(false);
    expect(await waiting).toEqual({ value: undefined, done: true });
  });

  test('createConsumable gives a consumer that loops over itself', async () => {
    const stream = new WritableConsumableStream<number>();
    const consumable = stream.createConsumable();
    expect(consumable[Symbol.asyncIterator]()).toBe(consumable);
    stream.write(1);
    stream.close();
    const reading = read(consumable);
    await reading.done;
    expect(reading.values).toEqual([1]);
    expect(await outcome(consumable.next())).toBe('pending');
  });
});
