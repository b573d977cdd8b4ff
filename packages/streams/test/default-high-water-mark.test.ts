import { setDefaultHighWaterMark, WritableConsumableStream } from '@asyngular/streams';
import { afterEach, expect, test } from 'vitest';
import { read } from './helpers/reading.js';

afterEach(() => setDefaultHighWaterMark(undefined));

function write(stream: WritableConsumableStream<number>, count: number) {
  for (let value = 1; value <= count; value++) stream.write(value);
}

test('bounds loops and consumers that have no mark of their own', async () => {
  setDefaultHighWaterMark(3);
  const stream = new WritableConsumableStream<number>();
  const loop = read(stream);
  const timed = stream.createConsumer(1_000);
  write(stream, 5);
  await expect(loop.done).rejects.toMatchObject({ name: 'BacklogLimitError', highWaterMark: 3 });
  expect(loop.values).toEqual([1, 2, 3]);
  // Three values and the report of the fourth.
  expect(timed.getBackpressure()).toBe(4);
});

test('takes a policy', async () => {
  setDefaultHighWaterMark(2, 'drop-oldest');
  const stream = new WritableConsumableStream<number>();
  const loop = read(stream);
  write(stream, 5);
  stream.close();
  await loop.done;
  expect(loop.values).toEqual([4, 5]);
});

test('gives way to a mark or a policy of the consumer', () => {
  setDefaultHighWaterMark(2, 'drop-oldest');
  const stream = new WritableConsumableStream<number>();
  const wide = stream.createConsumer({ highWaterMark: 4 });
  const strict = stream.createConsumer({ overflow: 'error' });
  const unbounded = stream.createConsumer({ highWaterMark: Number.POSITIVE_INFINITY });
  write(stream, 9);
  const backlogs = [wide, strict, unbounded].map((consumer) => consumer.getBackpressure());
  expect(backlogs).toEqual([5, 3, 9]);
});

test('holds for consumers created from then on, and is taken back by undefined', () => {
  const stream = new WritableConsumableStream<number>();
  const before = stream.createConsumer();
  setDefaultHighWaterMark(2, 'drop-newest');
  const during = stream.createConsumer();
  setDefaultHighWaterMark(undefined);
  const after = stream.createConsumer();
  write(stream, 9);
  const backlogs = [before, during, after].map((consumer) => consumer.getBackpressure());
  expect(backlogs).toEqual([9, 2, 9]);
});

test.each([0, -1, Number.NaN])('refuses %s and keeps what was set', (mark) => {
  setDefaultHighWaterMark(2, 'drop-newest');
  expect(() => setDefaultHighWaterMark(mark)).toThrow(/highWaterMark option must be/);
  const stream = new WritableConsumableStream<number>();
  const consumer = stream.createConsumer();
  write(stream, 9);
  expect(consumer.getBackpressure()).toBe(2);
});
