import { StreamDemux, WritableConsumableStream } from '@asyngular/streams';
import { describe, expect, test, vi } from 'vitest';
import { closeOneOfTwo } from './helpers/closing-one.js';
import { outcome } from './helpers/reading.js';
import { settle, useVirtualTime } from './helpers/time.js';

// What is written for one consumer stands in line for the others, too, and counts in their backlogs until they
// have read what came before it: so do the published packages, see interop/streams.test.ts.
describe('a packet for one consumer', () => {
  test('counts for every consumer of the stream that has not passed it', async () => {
    const backlogs = await closeOneOfTwo(new WritableConsumableStream());
    expect(backlogs.slice(0, 3)).toEqual([
      [10, 10, 10],
      [11, 11, 11],
      [12, 12, 12],
    ]);
    // A reads ten values and its end, then B reads ten values and, behind the end of A, one more.
    expect(backlogs.slice(12, 14)).toEqual([
      [2, 12, 12],
      [0, 12, 12],
    ]);
    expect(backlogs.slice(-2)).toEqual([
      [0, 2, 2],
      [0, 0, 0],
    ]);
  });

  test('is never delivered to them', async () => {
    const stream = new WritableConsumableStream<string>();
    const [a, b] = [stream.createConsumer(), stream.createConsumer()];
    stream.write('for both');
    stream.writeToConsumer(a.id, 'for a');
    stream.closeConsumer(a.id);
    expect([a.getBackpressure(), b.getBackpressure()]).toEqual([3, 3]);
    expect((await b.next()).value).toBe('for both');
    expect(b.getBackpressure()).toBe(2);
    const next = b.next();
    expect(await outcome(next)).toBe('pending');
    expect(b.getBackpressure()).toBe(0);
    stream.write('later');
    expect(await next).toEqual({ value: 'later', done: false });
  });

  test('does not count for one that has nothing to read before it', () => {
    const stream = new WritableConsumableStream<number>();
    const [a, b] = [stream.createConsumer(), stream.createConsumer()];
    for (let count = 0; count < 5_000; count++) stream.writeToConsumer(a.id, count);
    expect([a.getBackpressure(), b.getBackpressure()]).toEqual([5_000, 0]);
  });

  test('takes no room in the backlog of another that is bounded', async () => {
    const stream = new WritableConsumableStream<number>();
    const a = stream.createConsumer();
    const bounded = stream.createConsumer({ highWaterMark: 2 });
    stream.write(1);
    for (let count = 0; count < 5; count++) stream.writeToConsumer(a.id, 0);
    stream.write(2);
    expect(bounded.getBackpressure()).toBe(2);
    expect((await bounded.next()).value).toBe(1);
    expect((await bounded.next()).value).toBe(2);
  });

  test('does not reset the timeout of another', async () => {
    using _time = useVirtualTime();
    const stream = new WritableConsumableStream<number>();
    const [a, b] = [stream.createConsumer(), stream.createConsumer(20)];
    const waiting = b.next().catch((error) => error.name);
    await vi.advanceTimersByTimeAsync(15);
    stream.writeToConsumer(a.id, 1);
    await settle();
    await vi.advanceTimersByTimeAsync(5);
    expect(await waiting).toBe('TimeoutError');
  });

  test('concerns consumers of the same name only', () => {
    const demux = new StreamDemux<number>();
    const [a, b, other] = ['x', 'x', 'y'].map((name) => demux.createConsumer(name));
    demux.write('x', 1);
    demux.write('y', 1);
    demux.closeConsumer(a?.id ?? 0);
    demux.writeToConsumer(99, 1);
    const backlogs = [a, b, other].map((consumer) => consumer?.getBackpressure());
    expect(backlogs).toEqual([2, 2, 1]);
    expect(demux.getBackpressureAll()).toBe(2);
  });

  test('is carried along by a loop that restarts behind a close', async () => {
    const stream = new WritableConsumableStream<number>();
    const a = stream.createConsumer();
    const values: number[] = [];
    const loop = (async () => {
      for (let round = 0; round < 2; round++) for await (const value of stream) values.push(value);
    })();
    stream.close();
    stream.write(1);
    stream.writeToConsumer(a.id, 100);
    stream.write(2);
    stream.close();
    await loop;
    expect(values).toEqual([1, 2]);
  });
});
