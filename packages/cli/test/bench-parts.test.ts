import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Latencies } from '../src/bench/latencies.js';
import { isMessageOf, messageWriter } from '../src/bench/message.js';
import {
  arrivalsOf,
  type BenchPlan,
  channelsOf,
  dueAt,
  lineAt,
  lineCount,
  mine,
  plannedOn,
} from '../src/bench/plan.js';
import { SequenceAccount } from '../src/bench/sequence-account.js';

const plan: BenchPlan = {
  run: 'test',
  scenario: 'channels',
  url: 'ws://localhost:8000/asyngular/',
  query: '',
  dialect: 'asyngular',
  headers: {},
  insecure: false,
  token: null,
  clients: 10,
  publishers: 2,
  channels: 3,
  subscriptions: 1,
  rate: 100,
  durationMs: 1_000,
  connectRate: 100,
  bytes: 128,
  procedure: 'echo',
  timeoutMs: 1_000,
  patienceMs: 300,
};

describe('the account of a sequence', () => {
  it('agrees with a list of everything that came', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.array(fc.integer({ min: -2, max: 105 }), { maxLength: 300 }),
        (planned, numbers) => {
          const account = new SequenceAccount(planned);
          for (const number of numbers) account.note(number);
          const own = numbers.filter((number) => number >= 0 && number < planned);
          const firsts = own.filter((number, index) => own.indexOf(number) === index);
          const late = firsts.filter((number, index) =>
            firsts.slice(0, index).some((earlier) => earlier > number),
          );
          expect(account).toMatchObject({
            received: firsts.length,
            duplicate: own.length - firsts.length,
            outOfOrder: late.length,
          });
        },
      ),
    );
  });

  it('tells what each message is', () => {
    const account = new SequenceAccount(40);
    const arrivals = [0, 2, 1, 2, 39, 40, -1, 1.5].map((number) => account.note(number));
    expect(arrivals).toEqual([
      'next',
      'next',
      'late',
      'duplicate',
      'next',
      'foreign',
      'foreign',
      'foreign',
    ]);
  });
});

describe('latencies of several processes', () => {
  it('are merged as if one had recorded them all', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.double({ min: 0, max: 1e5, noNaN: true }))), (parts) => {
        const [merged, whole] = [new Latencies(), new Latencies()];
        for (const part of parts) {
          const own = new Latencies();
          for (const ms of part) {
            own.record(ms);
            whole.record(ms);
          }
          merged.merge(own.encode());
        }
        expect(merged.summary()).toEqual(whole.summary());
      }),
      { numRuns: 30 },
    );
  });

  it('are exact to three digits, and bounded', () => {
    const latencies = new Latencies();
    for (let ms = 1; ms <= 1_000; ms += 1) latencies.record(ms);
    const { count, p50, p99, max } = latencies.summary();
    expect(count).toBe(1_000);
    for (const [value, exact] of [
      [p50, 500],
      [p99, 990],
      [max, 1_000],
    ] as const) {
      expect(Math.abs(value - exact) / exact).toBeLessThan(0.001);
    }
    latencies.record(1e12);
    latencies.record(-5);
    expect(latencies.count).toBe(1_002);
    expect(new Latencies().summary()).toMatchObject({ count: 0, p50: 0, max: 0 });
  });
});

describe('the plan of a run', () => {
  const plans = fc
    .record({
      clients: fc.integer({ min: 1, max: 40 }),
      publishers: fc.integer({ min: 1, max: 12 }),
      channels: fc.integer({ min: 1, max: 12 }),
      subscriptions: fc.integer({ min: 1, max: 15 }),
      rate: fc.integer({ min: 1, max: 300 }),
    })
    .map((given): BenchPlan => ({ ...plan, ...given }));

  it('numbers the messages of each line without holes', () => {
    fc.assert(
      fc.property(plans, (given) => {
        const lines = lineCount(given);
        const counts = new Array<number>(lines).fill(0);
        for (let arrival = 0; arrival < arrivalsOf(given); arrival += 1) {
          const line = arrival % lines;
          expect(Math.floor(arrival / lines)).toBe(counts[line]);
          counts[line] = counts[line]! + 1;
        }
        expect(counts.map((_, line) => plannedOn(line, given))).toEqual(counts);
      }),
    );
  });

  it('has every publisher and every channel on a line', () => {
    fc.assert(
      fc.property(plans, (given) => {
        const lines = Array.from({ length: lineCount(given) }, (_, line) => lineAt(line, given));
        expect(new Set(lines.map(({ channel }) => channel)).size).toBe(given.channels);
        expect(new Set(lines.map(({ publisher }) => publisher)).size).toBe(given.publishers);
      }),
    );
  });

  it('subscribes each client to different channels, and spreads them', () => {
    fc.assert(
      fc.property(plans, (given) => {
        const counts = new Array<number>(given.channels).fill(0);
        for (let client = 0; client < given.clients; client += 1) {
          for (const channel of channelsOf(client, given)) counts[channel] = counts[channel]! + 1;
        }
        const each = Math.min(given.channels, given.subscriptions);
        expect(counts.reduce((a, b) => a + b)).toBe(given.clients * each);
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
        expect(new Set(channelsOf(0, given)).size).toBe(each);
      }),
    );
  });

  it('gives each connection to one process', () => {
    const shares = [0, 1, 2].map((index) => mine(10, { index, of: 3 }));
    expect(shares.flat().sort((a, b) => a - b)).toEqual([...Array(10).keys()]);
  });

  it('says when a message is due from its number alone', () => {
    expect([0, 1, 50].map((arrival) => dueAt(arrival, plan))).toEqual([0, 10, 500]);
  });
});

describe('messages', () => {
  it('have about the size that was asked for, and are known again', () => {
    const text = messageWriter('test', 200)(3, 7, 12_345.678);
    expect(Math.abs(text.length - 200)).toBeLessThan(12);
    const data = JSON.parse(text);
    expect(data).toMatchObject({ r: 'test', l: 3, n: 7, t: 12_345.678 });
    expect(isMessageOf('test', data)).toBe(true);
    for (const other of [null, 1, 'x', {}, { ...data, r: 'other' }, { ...data, n: '7' }]) {
      expect(isMessageOf('test', other)).toBe(false);
    }
  });
});
