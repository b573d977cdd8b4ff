import { type Consumer, StreamDemux } from '@asyngular/streams';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Model, type Outcome } from './helpers/model.js';
import { read } from './helpers/reading.js';
import { settle } from './helpers/time.js';

const numRuns = Number(process.env.ASYNGULAR_PROPERTY_RUNS ?? 400);
const seed = Number(process.env.ASYNGULAR_PROPERTY_SEED ?? Date.now() % 2 ** 31);
console.log(
  `streams: ${numRuns} runs per property, seed ${seed} (ASYNGULAR_PROPERTY_SEED repeats them)`,
);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const name = fc.constantFrom('x', '__proto__');
const consumer = fc.nat(5);
const step = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('create' as const),
      name,
      timeoutMs: fc.constantFrom(undefined, undefined, 5, 20),
      isImplicit: fc.boolean(),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('next' as const), consumer }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('write' as const), name }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('close' as const), name }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom('kill' as const, 'unstream' as const), name }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom('writeTo' as const, 'closeOne' as const, 'killOne' as const),
      consumer,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('return' as const), consumer }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('settle' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.constantFrom(1, 4, 5, 21) }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** The streams under test and the model, kept in step and compared. */
class Pair {
  readonly model = new Model();
  readonly metered = { messages: 0, bytes: 0 };
  readonly demux = new StreamDemux<number>({
    meter: {
      add: (size) => {
        this.metered.messages++;
        this.metered.bytes += size;
      },
      remove: (size) => {
        this.metered.messages--;
        this.metered.bytes -= size;
      },
    },
  });
  readonly consumers: Consumer<number>[] = [];
  readonly outcomes = new Map<number, Outcome>();
  #calls = 0;
  #written = 0;

  /** Returns a promise only where microtasks or time must pass: other steps share one tick. */
  run(step: Step): Promise<void> | undefined {
    const { demux, model } = this;
    switch (step.do) {
      case 'create':
        model.create(step.name, step.isImplicit ? undefined : step.timeoutMs, step.isImplicit);
        this.consumers.push(
          step.isImplicit
            ? (demux.stream(step.name)[Symbol.asyncIterator]() as unknown as Consumer<number>)
            : demux.createConsumer(step.name, step.timeoutMs),
        );
        return undefined;
      case 'write':
        demux.write(step.name, ++this.#written, 10);
        model.write(step.name, this.#written, false);
        return undefined;
      case 'close':
        demux.close(step.name, ++this.#written);
        model.write(step.name, this.#written, true);
        return undefined;
      case 'kill':
      case 'unstream':
        if (step.do === 'kill') demux.kill(step.name, -1);
        else demux.unstream(step.name);
        model.kill(step.name, step.do === 'kill' ? -1 : undefined);
        return undefined;
      case 'settle':
        return this.#settle();
      case 'advance':
        return this.#advance(step.ms);
      default:
        this.#runOnConsumer(step.do, step.consumer);
        return undefined;
    }
  }

  async #settle(): Promise<void> {
    await settle();
    this.model.settle();
  }

  async #advance(ms: number): Promise<void> {
    await settle();
    await vi.advanceTimersByTimeAsync(ms);
    this.model.advance(ms);
  }

  #runOnConsumer(action: 'next' | 'writeTo' | 'closeOne' | 'killOne' | 'return', pick: number) {
    if (this.consumers.length === 0) return;
    const index = pick % this.consumers.length;
    const real = this.consumers[index] as Consumer<number>;
    const ideal = this.model.consumers[index] as Model['consumers'][number];
    if (action === 'next') {
      const call = this.#calls++;
      real.next().then(
        ({ value, done }) => this.outcomes.set(call, `${done ? 'end' : 'value'} ${value}`),
        (error) => this.outcomes.set(call, error.name),
      );
      this.model.next(ideal);
    } else if (action === 'return') {
      real.return();
      this.model.return(ideal);
    } else if (action === 'killOne') {
      this.demux.killConsumer(real.id, -2);
      this.model.killOne(ideal, -2);
    } else {
      const isEnd = action === 'closeOne';
      this.#written++;
      if (isEnd) this.demux.closeConsumer(real.id, this.#written);
      else this.demux.writeToConsumer(real.id, this.#written, 10);
      this.model.writeTo(ideal, this.#written, isEnd);
    }
  }

  /** Counters are exact after every single step, also in the middle of a tick. */
  compareCounters(): void {
    const { demux, model } = this;
    const expected = model.consumers.map((ideal) => model.backpressure(ideal));
    expect(this.consumers.map((real) => real.getBackpressure())).toEqual(expected);
    expect(this.consumers.map(({ isAlive }) => isAlive)).toEqual(
      model.consumers.map(({ isRegistered }) => isRegistered),
    );
    expect(demux.getBackpressureAll()).toBe(Math.max(0, ...expected));
    expect(this.metered.messages).toBe(expected.reduce((sum, one) => sum + one, 0));
    const values = model.consumers.flatMap((ideal) =>
      ideal.isRegistered
        ? ideal.queue.filter(({ isEnd, isForAnother }) => !isEnd && !isForAnother)
        : [],
    );
    expect(this.metered.bytes).toBe(values.length * 10);
    expect(demux.getConsumerStatsListAll().map(({ id }) => id)).toEqual(
      model.consumers.filter(({ isRegistered }) => isRegistered).map(({ id }) => id),
    );
  }

  compareOutcomes(): void {
    const sorted = (outcomes: Map<number, Outcome>) =>
      [...outcomes].sort(([one], [other]) => one - other);
    expect(sorted(this.outcomes)).toEqual(sorted(this.model.outcomes));
  }
}

test('any interleaving behaves as the model says', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
      const pair = new Pair();
      for (const step of steps) {
        const passing = pair.run(step);
        if (passing !== undefined) await passing;
        pair.compareCounters();
        if (step.do === 'settle' || step.do === 'advance') pair.compareOutcomes();
      }
      await pair.run({ do: 'settle' });
      pair.compareOutcomes();
      // After the last consumer is gone, nothing is left of anything.
      for (const consumer of pair.consumers) consumer.return();
      await settle();
      expect(pair.metered).toEqual({ messages: 0, bytes: 0 });
      expect(pair.demux.getConsumerCountAll()).toBe(0);
      expect(pair.demux.getBackpressureAll()).toBe(0);
      await vi.advanceTimersByTimeAsync(0);
      expect(vi.getTimerCount()).toBe(0);
    }),
    { numRuns, seed },
  );
});

test('loops of any pace get every packet once and in order, across closes', async () => {
  const loops = fc.array(fc.constantFrom(undefined, 0, 1, 3, 10), { minLength: 1, maxLength: 4 });
  const writes = fc.array(
    fc.record({ pauseMs: fc.constantFrom(0, 0, 0, 1, 4), isClose: fc.boolean() }),
    { maxLength: 40 },
  );
  await fc.assert(
    fc.asyncProperty(loops, writes, async (bodies, script) => {
      const demux = new StreamDemux<number>();
      const seen: number[][] = [];
      for (const bodyMs of bodies) {
        const values: number[] = [];
        seen.push(values);
        const consumer = demux.createConsumer('x');
        void (async () => {
          for (;;) await read(consumer, bodyMs, (value) => values.push(value)).done;
        })();
      }
      const written: number[] = [];
      for (const { pauseMs, isClose } of script) {
        if (pauseMs > 0) await vi.advanceTimersByTimeAsync(pauseMs);
        if (isClose) demux.close('x');
        written.push(written.length);
        demux.write('x', written.length - 1);
      }
      await vi.advanceTimersByTimeAsync(1_000);
      for (const values of seen) expect(values).toEqual(written);
      demux.killAll();
      vi.clearAllTimers();
    }),
    { numRuns: Math.ceil(numRuns / 4), seed },
  );
});
