import {
  type BacklogMeter,
  type ConsumerOptions,
  type MeteredConsumer,
  StreamDemux,
  WritableConsumableStream,
} from '@asyngular/streams';
import { describe, expect, test } from 'vitest';

const error = new Error('too much waits');

/** What the next read of `consumer` gives: a value, `'done'`, or the error that it rejects with. */
async function outcome(consumer: { next(): Promise<IteratorResult<unknown>> }): Promise<unknown> {
  try {
    const { value, done } = await consumer.next();
    return done ? 'done' : value;
  } catch (reason) {
    return reason;
  }
}

/** A stream on which 1, 2 and 3 wait for a consumer. */
function createBacklog(options?: ConsumerOptions) {
  const stream = new WritableConsumableStream<number>();
  const consumer = stream.createConsumer(options);
  for (const value of [1, 2, 3]) stream.write(value, 10);
  return { stream, consumer };
}

describe('shed()', () => {
  test.each([undefined, { highWaterMark: 5 }])(
    'drops what waits and ends the loop with the error, options %j',
    async (options) => {
      const { stream, consumer } = createBacklog(options);
      consumer.shed(error);
      expect([consumer.isAlive, consumer.backlogSize, stream.getConsumerCount()]).toEqual([
        false,
        0,
        0,
      ]);
      stream.write(4);
      expect(await outcome(consumer)).toBe(error);
      const next = outcome(consumer);
      stream.write(5);
      expect(await next).toBe(5);
    },
  );

  test.each(['drop-oldest', 'drop-newest'] as const)(
    'a loop whose policy is %s only loses what waits',
    async (overflow) => {
      const { stream, consumer } = createBacklog({ highWaterMark: 5, overflow });
      consumer.shed(error);
      stream.write(4);
      expect(await outcome(consumer)).toBe(4);
    },
  );

  test('a call that waits rejects, and those behind it wait on', async () => {
    const { stream, consumer } = createBacklog();
    consumer.kill();
    expect(await outcome(consumer)).toBe('done');
    const calls = [outcome(consumer), outcome(consumer)];
    // The packet is on its way to the first call.
    stream.write(4);
    consumer.shed(error);
    expect(await calls[0]).toBe(error);
    stream.write(5);
    expect(await calls[1]).toBe(5);
  });

  test('has no effect on a consumer that has ended', async () => {
    const { consumer } = createBacklog();
    consumer.return();
    consumer.shed(error);
    const next = outcome(consumer);
    consumer.kill('end');
    expect(await next).toBe('done');
  });
});

test('a meter learns whose packet it is', () => {
  const seen: unknown[] = [];
  const look = (size: number, consumer: MeteredConsumer) => {
    const { streamName, isBounded, backlogSize } = consumer;
    seen.push([size, streamName, isBounded, backlogSize, consumer.getBackpressure()]);
  };
  const meter: BacklogMeter = { add: look, remove: look };
  const demux = new StreamDemux({ meter });
  const consumer = demux.createConsumer('news', { highWaterMark: 2, overflow: 'drop-newest' });
  demux.write('news', 'x', 3);
  demux.write('news', 'x', 4);
  demux.write('news', 'x', 5);
  consumer.next();
  expect(seen).toEqual([
    [3, 'news', true, 3, 1],
    [4, 'news', true, 7, 2],
    [3, 'news', true, 4, 1],
  ]);
});
