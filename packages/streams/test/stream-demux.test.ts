import { StreamDemux } from '@asyngular/streams';
import { expect, test, vi } from 'vitest';
import { Backlog } from '../src/backlog.js';
import { read } from './helpers/reading.js';
import { nextMacrotask } from './helpers/time.js';

test('ids reach only their consumer, under its own name', async () => {
  const demux = new StreamDemux<string>();
  const [a, b] = [demux.createConsumer('a'), demux.createConsumer('b')];
  demux.writeToConsumer(b.id, 'for b');
  demux.writeToConsumer(99, 'for nobody');
  demux.closeConsumer(a.id, 'end of a');
  expect(demux.hasConsumer('a', a.id)).toBe(true);
  expect(demux.hasConsumer('b', a.id)).toBe(false);
  expect(demux.hasConsumerAll(a.id)).toBe(true);
  expect(demux.hasConsumerAll(99)).toBe(false);
  expect(demux.getConsumerBackpressure(a.id)).toBe(1);
  expect(demux.getConsumerBackpressure(99)).toBe(0);
  expect(demux.getConsumerStats(99)).toBeUndefined();
  expect(await a.next()).toEqual({ value: 'end of a', done: true });
  expect(await b.next()).toEqual({ value: 'for b', done: false });
});

test('closeAll and killAll end the loops of every name', async () => {
  const demux = new StreamDemux<number>();
  const loops = ['a', 'b'].map((name) => read(demux.stream<number>(name)));
  demux.write('a', 1);
  demux.closeAll();
  await Promise.all(loops.map(({ done }) => done));
  expect(loops.map(({ values }) => values)).toEqual([[1], []]);
  const more = ['a', 'b'].map((name) => read(demux.stream<number>(name)));
  demux.write('a', 1);
  demux.killAll();
  await Promise.all(more.map(({ done }) => done));
  expect(more.map(({ values }) => values)).toEqual([[], []]);
  expect(demux.getConsumerCountAll()).toBe(0);
});

test('unstream ends the loops instead of leaving them hanging', async () => {
  const demux = new StreamDemux<number>();
  const reading = read(demux.stream('a'));
  demux.unstream('a');
  await reading.done;
  expect(demux.getConsumerCount('a')).toBe(0);
});

test('aggregates are the maximum, per name and over all', async () => {
  const demux = new StreamDemux<number>();
  const slow = demux.createConsumer('a');
  demux.createConsumer('b');
  demux.write('a', 1);
  demux.write('a', 2);
  demux.write('b', 1);
  expect(demux.getBackpressure('a')).toBe(2);
  expect(demux.getBackpressure('b')).toBe(1);
  expect(demux.getBackpressure('c')).toBe(0);
  expect(demux.getBackpressureAll()).toBe(2);
  await slow.next();
  await slow.next();
  expect(demux.getBackpressureAll()).toBe(1);
});

test('asking for a stream creates nothing', () => {
  const demux = new StreamDemux<number>();
  const stream = demux.stream('a');
  expect(stream.name).toBe('a');
  expect('write' in stream).toBe(false);
  expect(demux.getConsumerCountAll()).toBe(0);
  expect(demux.getConsumerStatsListAll()).toEqual([]);
});

test('an aggregate over many idle names looks at the lagging consumers only', () => {
  const demux = new StreamDemux<number>();
  for (let index = 0; index < 1_000; index++) demux.createConsumer(`idle ${index}`);
  // The first question finds out who lags behind; from then on it is known.
  expect(demux.getBackpressureAll()).toBe(0);
  demux.createConsumer('busy');
  demux.write('busy', 1);
  demux.write('idle 500', 1);
  const asked = vi.spyOn(Backlog.prototype, 'length', 'get');
  try {
    expect(demux.getBackpressureAll()).toBe(1);
    expect(asked).toHaveBeenCalledTimes(2);
  } finally {
    asked.mockRestore();
  }
});

test('onNameChange tells when a name comes into use and when nothing of it is left', async () => {
  const told: [string, boolean][] = [];
  const demux = new StreamDemux<number>({ onNameChange: (...change) => told.push(change) });
  const [one, two] = [demux.createConsumer('a'), demux.createConsumer('a')];
  const other = demux.createConsumer('b');
  expect(told.splice(0)).toEqual([
    ['a', true],
    ['b', true],
  ]);
  one.return();
  other.return();
  expect(told.splice(0)).toEqual([['b', false]]);
  demux.kill('a');
  expect(told).toEqual([]);
  await nextMacrotask();
  await nextMacrotask();
  expect(told.splice(0)).toEqual([['a', false]]);
  expect((await two.next()).done).toBe(true);
  void two.next();
  two.return();
  expect(told).toEqual([
    ['a', true],
    ['a', false],
  ]);
});
