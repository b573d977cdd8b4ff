import { ServedCall, StreamConsumer } from '@asyngular/protocol/internal';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31);

/** What happens next: a message is delivered, an item read, or somebody has had enough. */
type Step = 'toServer' | 'toClient' | 'read' | 'block' | 'unblock';

type End = 'none' | 'return' | 'abort' | 'lose' | 'idle';

interface Scenario {
  readonly highWaterMark: number;
  readonly maxStreamCredit: number;
  readonly sizes: readonly number[];
  readonly throwsAt: number;
  readonly steps: readonly Step[];
  readonly end: End;
}

const scenarios: fc.Arbitrary<Scenario> = fc.record({
  highWaterMark: fc.integer({ min: 1, max: 12 }),
  maxStreamCredit: fc.integer({ min: 1, max: 16 }),
  sizes: fc.array(fc.constantFrom(1, 10, 60, 150, 400), { maxLength: 40 }),
  throwsAt: fc.oneof(fc.constant(-1), fc.integer({ min: 0, max: 40 })),
  steps: fc.array(
    fc.constantFrom<Step>('toServer', 'toClient', 'toClient', 'read', 'read', 'block', 'unblock'),
    { maxLength: 120 },
  ),
  end: fc.constantFrom<End>('none', 'none', 'return', 'abort', 'lose', 'idle'),
});

const WINDOW_BYTES = 300;

/** Both ends of one call, and the messages that are under way between them. */
class Pair {
  readonly toServer: Record<string, any>[] = [];
  readonly toClient: Record<string, any>[] = [];
  readonly timers = new Set<() => void>();
  readonly reports: unknown[] = [];
  readonly read: string[] = [];
  outcome: { result?: unknown; error?: unknown } | undefined;
  heldBytes = 0;
  forgotten = 0;
  begun = 0;
  ended = 0;
  mostAhead = 0;
  mostBytesAhead = 0;
  sent = 0;
  isConnected = true;
  call: ServedCall | undefined;
  readonly consumer: StreamConsumer<string, string>;
  readonly #scenario: Scenario;
  #room: Promise<void> | undefined;
  #openRoom = () => {};
  #pendingReads = 0;

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    this.consumer = new StreamConsumer(scenario.highWaterMark, {
      onStart: (credit) => this.toServer.push({ credit }),
      onCredit: (upTo) => this.isConnected && this.toServer.push({ upTo }),
      onLeave: () => this.isConnected && this.toServer.push({ cancel: true }),
      onHold: (bytes) => {
        this.heldBytes += bytes;
      },
      onRelease: (bytes) => {
        this.heldBytes -= bytes;
      },
    });
  }

  do(step: Step): void {
    if (step === 'read') this.readOne();
    else if (step === 'toServer') this.#deliverToServer(this.toServer.shift());
    else if (step === 'toClient') this.#deliverToClient(this.toClient.shift());
    else if (step === 'block') this.#block();
    else this.unblock();
  }

  unblock(): void {
    this.#openRoom();
    this.#room = undefined;
  }

  #block(): void {
    this.#room ??= new Promise((resolve) => {
      this.#openRoom = resolve;
    });
  }

  lose(): void {
    this.isConnected = false;
    this.toServer.length = 0;
    this.toClient.length = 0;
    this.unblock();
    this.call?.cancel(new Error('lost'));
    this.consumer.fail(new Error('lost'));
  }

  async readOne(): Promise<void> {
    if (this.#pendingReads > 2 || this.outcome) return;
    this.#pendingReads++;
    try {
      const { done, value } = await this.consumer.next();
      if (!done) this.read.push(value);
      else this.outcome ??= { result: value };
    } catch (error) {
      this.outcome = { error };
    } finally {
      this.#pendingReads--;
    }
  }

  #deliverToServer(message: Record<string, any> | undefined): void {
    if (!message) return;
    if (message.credit !== undefined) this.#serve(message.credit);
    else if (message.upTo !== undefined) this.call?.grant(message.upTo);
    else this.call?.cancel(new Error('withdrawn'));
  }

  #deliverToClient(message: Record<string, any> | undefined): void {
    if (!message || message.open) return;
    if (message.more !== undefined) {
      const part = { number: message.more, asks: message.ask === true, isEnd: false };
      this.consumer.acceptPart(part, message.data, message.data.length);
    } else if ('error' in message) this.consumer.fail(message.error);
    else this.consumer.acceptPart({ number: message.end, asks: false, isEnd: true }, message.data);
  }

  #serve(credit: number): void {
    const terms = { credit, timeoutMs: undefined, hasBody: false };
    this.call = new ServedCall(1, 'items', terms, {
      window: {
        maxStreamCredit: this.#scenario.maxStreamCredit,
        streamHighWaterMarkBytes: WINDOW_BYTES,
        streamHighWaterMark: 5,
        streamIdleTimeout: 1_000,
      },
      send: (packet) => this.#send(packet),
      respond: (_id, data, end) => this.toClient.push({ data, end }),
      fail: (_call, error) => this.isConnected && this.toClient.push({ error }),
      forget: () => this.forgotten++,
      whenWritable: () => this.#room,
      report: (error) => this.reports.push(error),
      startTimer: (callback) => {
        this.timers.add(callback);
        return () => this.timers.delete(callback);
      },
    });
    this.call.answer(this.#generate());
  }

  #send(packet: Record<string, any>): void {
    expect(this.isConnected).toBe(true);
    if (packet.more !== undefined) {
      this.sent++;
      this.mostAhead = Math.max(this.mostAhead, this.sent - this.read.length);
      const ahead = this.#scenario.sizes.slice(this.read.length, this.sent - 1);
      this.mostBytesAhead = Math.max(
        this.mostBytesAhead,
        ahead.reduce((sum, size) => sum + size, 0),
      );
    }
    this.toClient.push(packet);
  }

  async *#generate(): AsyncGenerator<string, string> {
    this.begun++;
    try {
      for (const [index, size] of this.#scenario.sizes.entries()) {
        if (index === this.#scenario.throwsAt) throw new Error('thrown');
        if (index % 3 === 0) await undefined;
        yield String(index).padStart(size, '.');
      }
      return 'result';
    } finally {
      this.ended++;
    }
  }
}

/** Everything that can go on without a message or a timer does. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test(`P16.6 what arrives is a prefix, a generator ends once, and nothing stays behind (FUZZ_SEED=${seed})`, async () => {
  await fc.assert(
    fc.asyncProperty(scenarios, async (scenario) => {
      const pair = new Pair(scenario);
      for (const step of scenario.steps) {
        pair.do(step);
        await settled();
      }
      if (scenario.end === 'return') await pair.consumer.return();
      else if (scenario.end === 'abort') pair.consumer.abort(new Error('aborted'));
      else if (scenario.end === 'lose') pair.lose();
      else if (scenario.end === 'idle') for (const callback of pair.timers) callback();
      // From here on everybody does what they can.
      for (let round = 0; round < 200 && !pair.outcome; round++) {
        pair.unblock();
        pair.do('read');
        pair.do('toServer');
        pair.do('toClient');
        await settled();
      }
      for (let round = 0; round < 50 && pair.toServer.length > 0; round++) pair.do('toServer');
      await settled();

      const items = scenario.sizes.map((size, index) => String(index).padStart(size, '.'));
      expect(pair.read).toEqual(items.slice(0, pair.read.length));
      expect(pair.ended).toBe(pair.begun);
      expect(pair.begun).toBeLessThanOrEqual(1);
      expect(pair.timers.size).toBe(0);
      expect(pair.heldBytes).toBe(0);
      expect(pair.reports).toEqual([]);
      expect(pair.forgotten).toBe(pair.call ? 1 : 0);
      expect(pair.mostAhead).toBeLessThanOrEqual(scenario.highWaterMark);
      expect(pair.mostBytesAhead).toBeLessThan(WINDOW_BYTES);
      expect(pair.outcome).toBeDefined();
      if (scenario.end !== 'none') return;
      const isThrown = scenario.throwsAt >= 0 && scenario.throwsAt < items.length;
      expect(pair.read).toEqual(isThrown ? items.slice(0, scenario.throwsAt) : items);
      expect(pair.outcome).toEqual(
        isThrown ? { error: new Error('thrown') } : { result: 'result' },
      );
    }),
    { seed, numRuns: 400, endOnFailure: true },
  );
}, 60_000);
