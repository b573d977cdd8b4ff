import { type ConsumableStream, StreamDemux, WritableConsumableStream } from '@asyngular/streams';
import { describe, expect, test } from 'vitest';
import { outcome, read } from './helpers/reading.js';
import { nextMacrotask } from './helpers/time.js';

interface Source {
  stream: ConsumableStream<string>;
  write(value: string): void;
  close(): void;
  kill(): void;
}

const sources: Record<string, () => Source> = {
  'a plain stream': () => {
    const stream = new WritableConsumableStream<string>();
    return {
      stream,
      write: (value) => stream.write(value),
      close: () => stream.close(),
      kill: () => stream.kill(),
    };
  },
  'a demux': () => {
    const demux = new StreamDemux<string>();
    return {
      stream: demux.stream('x'),
      write: (value) => demux.write('x', value),
      close: () => demux.close('x'),
      kill: () => demux.kill('x'),
    };
  },
};

describe.each(Object.entries(sources))('after a close on %s', (_name, createSource) => {
  test('the same consumer reads on right after its marker', async () => {
    const { stream, write, close } = createSource();
    const consumer = stream.createConsumer();
    for (const value of ['a', 'b']) write(value);
    close();
    write('c');
    const first = read(consumer);
    await first.done;
    expect(consumer.isAlive).toBe(false);
    expect(consumer.getBackpressure()).toBe(0);
    write('d');
    await nextMacrotask();
    await nextMacrotask();
    const second = read(consumer);
    expect(consumer.getBackpressure()).toBe(1);
    write('e');
    close();
    await second.done;
    expect(first.values).toEqual(['a', 'b']);
    expect(second.values).toEqual(['c', 'd', 'e']);
  });

  test('an implicit iterator of the same macrotask adopts the parked position', async () => {
    const { stream, write, close } = createSource();
    const first = read(stream);
    close();
    write('behind');
    await first.done;
    write('later');
    const second = read(stream);
    close();
    await second.done;
    expect(second.values).toEqual(['behind', 'later']);
  });

  test('each parked position is adopted once', async () => {
    const { stream, write, close } = createSource();
    const loops = [read(stream), read(stream)];
    close();
    write('behind');
    await Promise.all(loops.map(({ done }) => done));
    const adopters = [read(stream), read(stream), read(stream)];
    close();
    await Promise.all(adopters.map(({ done }) => done));
    expect(adopters.map(({ values }) => values)).toEqual([['behind'], ['behind'], []]);
  });

  test('explicit consumers, next() and once() adopt nothing', async () => {
    const { stream, write, close } = createSource();
    const first = read(stream);
    close();
    write('behind');
    await first.done;
    expect(stream.createConsumer().getBackpressure()).toBe(0);
    expect(await outcome(stream.next())).toBe('pending');
    expect(await outcome(stream.once())).toBe('pending');
  });

  test('nothing is adopted after the macrotask', async () => {
    const { stream, write, close } = createSource();
    const first = read(stream);
    close();
    write('behind');
    await first.done;
    await nextMacrotask();
    await nextMacrotask();
    const second = read(stream);
    write('fresh');
    close();
    await second.done;
    expect(second.values).toEqual(['fresh']);
  });

  test('a marker with nothing behind it parks nothing', async () => {
    const { stream, write, close } = createSource();
    const first = read(stream);
    close();
    await first.done;
    write('while nobody listens');
    const second = read(stream);
    close();
    await second.done;
    expect(second.values).toEqual([]);
  });

  test('a kill parks nothing and releases what is parked', async () => {
    const { stream, write, close, kill } = createSource();
    const first = read(stream);
    close();
    write('behind');
    await first.done;
    kill();
    const second = read(stream);
    kill();
    write('after the kill');
    await second.done;
    const third = read(stream);
    close();
    await third.done;
    expect([second.values, third.values]).toEqual([[], []]);
  });
});

test('many loops that restart at once do not look through each other', async () => {
  // A search for the parked position among all of them would take quadratic time.
  const stream = new WritableConsumableStream<number>();
  const loops = 20_000;
  let seen = 0;
  const running = Array.from({ length: loops }, async () => {
    for (let round = 0; round < 2; round++) for await (const value of stream) seen += value;
  });
  stream.close();
  stream.write(1);
  stream.close();
  await Promise.all(running);
  expect(seen).toBe(loops);
});
