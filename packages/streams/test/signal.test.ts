import { WritableConsumableStream } from '@asyngular/streams';
import { collectWarnings } from '@asyngular/test-utils/warnings';
import { expect, test } from 'vitest';
import { read } from './helpers/reading.js';
import { settle } from './helpers/time.js';

function setUp() {
  const stream = new WritableConsumableStream<number>();
  const aborter = new AbortController();
  return { stream, aborter, signal: aborter.signal, reason: new Error('enough') };
}

test('an abort rejects waiting next() and once() with its reason', async () => {
  const { stream, aborter, signal, reason } = setUp();
  const waiting = [stream.next({ signal }), stream.once({ signal })];
  aborter.abort(reason);
  for (const promise of waiting) await expect(promise).rejects.toBe(reason);
  expect(stream.getConsumerCount()).toBe(0);
});

test('an abort ends a loop by rejection, dropping its backlog', async () => {
  const { stream, aborter, signal, reason } = setUp();
  const consumer = stream.createConsumer({ signal });
  const reading = read(consumer, undefined, () => aborter.abort(reason));
  stream.write(1);
  stream.write(2);
  await expect(reading.done).rejects.toBe(reason);
  expect(reading.values).toEqual([1]);
  expect(consumer.isAlive).toBe(false);
  await expect(consumer.next()).rejects.toBe(reason);
});

test('a signal that was aborted before registers nothing', async () => {
  const { stream, reason } = setUp();
  const consumer = stream.createConsumer({ signal: AbortSignal.abort(reason) });
  expect(stream.getConsumerCount()).toBe(0);
  await expect(consumer.next()).rejects.toBe(reason);
});

test('once() that can never settle after a close still hears the signal', async () => {
  const { stream, aborter, signal, reason } = setUp();
  const waiting = stream.once({ signal });
  stream.close();
  await settle();
  aborter.abort(reason);
  await expect(waiting).rejects.toBe(reason);
});

test('once() whose signal aborts while it learns of the end rejects too', async () => {
  const { stream, aborter, signal, reason } = setUp();
  const waiting = stream.once({ signal });
  stream.kill();
  aborter.abort(reason);
  await expect(waiting).rejects.toBe(reason);
});

test('the last consumer that left takes the listener off the signal', async () => {
  let listeners = 0;
  const signal = {
    aborted: false,
    reason: undefined,
    addEventListener: () => listeners++,
    removeEventListener: () => listeners--,
  };
  const stream = new WritableConsumableStream<number>();
  const consumer = stream.createConsumer({ signal });
  const other = stream.createConsumer({ signal });
  expect(listeners).toBe(1);
  consumer.return();
  expect(listeners).toBe(1);
  stream.killConsumer(other.id);
  expect(listeners).toBe(0);
  await consumer.return();
});

test('F21 signal-warning: any number of consumers share a signal without a warning of a leak', async () => {
  const warnings = collectWarnings();
  const { stream, aborter, signal, reason } = setUp();
  const reads = Array.from({ length: 30 }, () => stream.once({ signal }));
  // Node prints them in the next tick.
  await new Promise((resolve) => setImmediate(resolve));
  expect(warnings).toEqual([]);
  aborter.abort(reason);
  for (const read of reads) await expect(read).rejects.toBe(reason);
  expect(stream.getConsumerCount()).toBe(0);
});
