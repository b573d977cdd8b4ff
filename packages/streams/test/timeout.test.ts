import { StreamDemux, WritableConsumableStream } from '@asyngular/streams';
import { expect, test, vi } from 'vitest';
import { outcome } from './helpers/reading.js';
import { useVirtualTime } from './helpers/time.js';

const timedOut = (promise: Promise<unknown>) => promise.catch((error: Error) => error.name);

test('null and undefined wait for ever, also inside options', async () => {
  using _time = useVirtualTime();
  const stream = new WritableConsumableStream<number>();
  const waiting = [
    stream.once(null),
    stream.next(undefined),
    stream.createConsumer(null).next(),
    stream.once({ timeout: null }),
  ];
  expect(vi.getTimerCount()).toBe(0);
  await vi.advanceTimersByTimeAsync(1_000_000);
  for (const promise of waiting) expect(await outcome<unknown>(promise)).toBe('pending');
});

test('0 times out on the next macrotask, after everything written in this one', async () => {
  using _time = useVirtualTime();
  const stream = new WritableConsumableStream<number>();
  const late = timedOut(stream.once(0));
  await vi.advanceTimersByTimeAsync(1);
  expect(await late).toBe('TimeoutError');
  const early = stream.once(0);
  stream.write(1);
  expect(await early).toBe(1);
});

test('the clock stands still while the body runs or a backlog exists', async () => {
  using _time = useVirtualTime();
  const stream = new WritableConsumableStream<number>();
  const consumer = stream.createConsumer(20);
  await vi.advanceTimersByTimeAsync(100);
  stream.write(1);
  stream.write(2);
  await vi.advanceTimersByTimeAsync(100);
  await consumer.next();
  expect(vi.getTimerCount()).toBe(0);
  await consumer.next();
  const waiting = timedOut(consumer.next());
  await vi.advanceTimersByTimeAsync(19);
  expect(consumer.isAlive).toBe(true);
  await vi.advanceTimersByTimeAsync(1);
  expect(await waiting).toBe('TimeoutError');
});

test('packets for another consumer of the stream do not reset the clock', async () => {
  using _time = useVirtualTime();
  const stream = new WritableConsumableStream<number>();
  const other = stream.createConsumer();
  const waiting = timedOut(stream.createConsumer(20).next());
  await vi.advanceTimersByTimeAsync(15);
  stream.writeToConsumer(other.id, 1);
  await vi.advanceTimersByTimeAsync(5);
  expect(await waiting).toBe('TimeoutError');
});

test('calls behind the one that timed out get a full wait of their own', async () => {
  using _time = useVirtualTime();
  const stream = new WritableConsumableStream<number>();
  const consumer = stream.createConsumer(20);
  const first = timedOut(consumer.next());
  const second = timedOut(consumer.next());
  await vi.advanceTimersByTimeAsync(20);
  expect(await first).toBe('TimeoutError');
  expect(stream.getConsumerCount()).toBe(1);
  await vi.advanceTimersByTimeAsync(20);
  expect(await second).toBe('TimeoutError');
  expect(stream.getConsumerCount()).toBe(0);
});

test('a timed-out consumer that is killed by name keeps nothing it collected', async () => {
  using _time = useVirtualTime();
  const demux = new StreamDemux<string>();
  const consumer = demux.createConsumer('x', 20);
  const waiting = timedOut(consumer.next());
  await vi.advanceTimersByTimeAsync(20);
  await waiting;
  demux.write('x', 'before');
  demux.kill('x');
  demux.write('x', 'after');
  expect(await consumer.next()).toEqual({ value: 'after', done: false });
});

test('the same when it is killed itself', async () => {
  using _time = useVirtualTime();
  const stream = new WritableConsumableStream<string>();
  const consumer = stream.createConsumer(20);
  const waiting = timedOut(consumer.next());
  await vi.advanceTimersByTimeAsync(20);
  await waiting;
  stream.write('before');
  consumer.kill();
  stream.write('after');
  expect(await consumer.next()).toEqual({ value: 'after', done: false });
});

test.each([Number.NaN, -1])('a timeout of %s is refused', (timeout) => {
  expect(() => new WritableConsumableStream().createConsumer(timeout)).toThrow(/timeout option/);
});

test('a timeout beyond the range of timers does not fire at once', async () => {
  using _time = useVirtualTime();
  const waiting = new WritableConsumableStream().once(2 ** 40);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await outcome(waiting)).toBe('pending');
});

test('a clock started while an earlier wake-up is under way stops with the next packet', async () => {
  // The wake-up left over from before the return() hid the new packet from the clock.
  using _time = useVirtualTime();
  const stream = new WritableConsumableStream<number>();
  const consumer = stream.createConsumer(20);
  void consumer.next();
  stream.write(1);
  consumer.return();
  const waiting = consumer.next();
  stream.write(2);
  expect(await waiting).toEqual({ value: 2, done: false });
  expect(vi.getTimerCount()).toBe(0);
});
