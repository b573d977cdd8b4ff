import { AsyncStreamEmitter, WritableConsumableStream } from '@asyngular/streams';
import { expect, test } from 'vitest';
import { settle } from './helpers/time.js';

test('idle loops on different streams run in the order of emission', async () => {
  const emitter = new AsyncStreamEmitter();
  const other = new WritableConsumableStream<string>();
  const seen: string[] = [];
  const log = async (source: AsyncIterable<string>) => {
    for await (const value of source) seen.push(value);
  };
  for (const event of ['c', 'a', 'b']) void log(emitter.listener(event));
  void log(other);
  await settle();
  emitter.emit('b', '1');
  other.write('2');
  emitter.emit('a', '3');
  emitter.emit('c', '4');
  await settle();
  expect(seen).toEqual(['1', '2', '3', '4']);
});

test('a write runs no reading code, and a promise settled beside it is seen before the body', async () => {
  const stream = new WritableConsumableStream<string>();
  const seen: string[] = [];
  void (async () => {
    for await (const value of stream) seen.push(value);
  })();
  await settle();
  for (let round = 0; round < 3; round++) {
    let reject!: (error: Error) => void;
    const call = new Promise<void>((_resolve, onReject) => {
      reject = onReject;
    });
    const awaiting = (async () => {
      await call;
    })().catch(() => seen.push('rejected'));
    await Promise.resolve();
    stream.write('packet');
    reject(new Error());
    expect(seen).toEqual([]);
    await awaiting;
    await settle();
    expect(seen.splice(0)).toEqual(['rejected', 'packet']);
  }
});

test('a kill after the wake-up was under way still finds its waiting call', async () => {
  const stream = new WritableConsumableStream<number>();
  const consumer = stream.createConsumer();
  const waiting = consumer.next();
  stream.write(1);
  await Promise.resolve();
  stream.kill('k');
  expect(await waiting).toEqual({ value: 'k', done: true });
});

test('writing to streams from inside loops keeps going without recursion', async () => {
  const stream = new WritableConsumableStream<number>();
  let last = 0;
  const loop = (async () => {
    for await (const value of stream) {
      last = value;
      if (value === 20_000) break;
      stream.write(value + 1);
    }
  })();
  stream.write(1);
  await loop;
  expect(last).toBe(20_000);
});
