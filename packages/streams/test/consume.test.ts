import { AsyncStreamEmitter, consume, WritableConsumableStream } from '@asyngular/streams';
import { describe, expect, test } from 'vitest';
import { settle } from './helpers/time.js';

describe('consume', () => {
  test('calls back one value at a time until it is stopped', async () => {
    const stream = new WritableConsumableStream<number>();
    const seen: string[] = [];
    const stop = consume(stream, async (value) => {
      seen.push(`start ${value}`);
      await Promise.resolve();
      seen.push(`end ${value}`);
    });
    stream.write(1);
    stream.write(2);
    await settle();
    stop();
    stop();
    stream.write(3);
    await settle();
    expect(seen).toEqual(['start 1', 'end 1', 'start 2', 'end 2']);
    expect(stream.getConsumerCount()).toBe(0);
  });

  test('ends with the stream', async () => {
    const stream = new WritableConsumableStream<number>();
    const seen: number[] = [];
    consume(stream, (value) => seen.push(value));
    stream.write(1);
    stream.close();
    await settle();
    expect(seen).toEqual([1]);
    expect(stream.getConsumerCount()).toBe(0);
  });

  test('tells onError and goes on when the callback throws', async () => {
    const stream = new WritableConsumableStream<number>();
    const errors: unknown[] = [];
    const failure = new Error('callback');
    consume(
      stream,
      () => {
        throw failure;
      },
      { onError: (error) => errors.push(error) },
    );
    stream.write(1);
    stream.write(2);
    await settle();
    expect(errors).toEqual([failure, failure]);
    expect(stream.getConsumerCount()).toBe(1);
    stream.kill();
  });

  test('tells the owner of the streams, and onError in its place', async () => {
    const told: unknown[] = [];
    const emitter = new AsyncStreamEmitter<{ news: string }>({
      onCallbackError: (error) => told.push(`owner: ${error}`),
    });
    const fail = async (text: string): Promise<void> => {
      throw text;
    };
    consume(emitter.listener('news'), fail);
    consume(emitter.listener('news'), fail, { onError: (error) => told.push(`own: ${error}`) });
    emitter.emit('news', 'a');
    emitter.emit('news', 'b');
    await settle();
    expect(told.sort()).toEqual(['own: a', 'own: b', 'owner: a', 'owner: b']);
    emitter.closeAllListeners();
  });
});
