import type { BrokerUnavailableError } from '@asyngular/errors';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FleetAppender } from '../src/fleet-appender.js';
import type { LogPolicy } from '../src/index.js';
import type { LogTransport } from '../src/transport.js';
import {
  AppendConnection,
  type AppendLog,
  AwayError,
  type Fault,
  ForgetfulLog,
  RememberingLog,
} from './support/append-service.js';

const POLICY: LogPolicy = {
  size: 10,
  ttlMs: 1_000,
  maxBytes: 1_000,
  idempotencyWindowMs: 1_000,
};
const LIMITS = { maxQueuedMessages: 1_000, maxQueuedBytes: 100_000, timeoutMs: 1_000 };
const FAULTS: readonly Fault[] = ['refuses it', 'is away', 'loses it', 'loses the answer'];
const RUNS = 300;
const STEPS = 150;

/** A small generator with a seed that a failure can name (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Outcome = 'waits' | 'accepted' | 'not sent' | 'unknown';

/** A publisher, its connection, and what became of its publications. */
class Node {
  readonly outcomes = new Map<string, Outcome>();
  readonly connection: AppendConnection;
  readonly #name: string;
  readonly #log: AppendLog;
  readonly #appender: FleetAppender;
  #isUp = true;

  constructor(name: string, log: AppendLog, maxInFlight: number) {
    this.#name = name;
    this.#log = log;
    const connection = new AppendConnection(log);
    this.connection = connection;
    const transport = {
      maxInFlight: () => maxInFlight,
      append: (append) => connection.append(append),
      isTemporary: (error) => error instanceof AwayError,
    } satisfies Partial<LogTransport>;
    this.#appender = new FleetAppender(
      name.repeat(16),
      transport as unknown as LogTransport,
      LIMITS,
      () => POLICY,
    );
    this.#appender.connected();
  }

  get isIdle(): boolean {
    return this.#appender.queuedMessages === 0 && this.connection.isIdle;
  }

  publish(): void {
    const payload = `${this.#name}${this.outcomes.size}`;
    this.outcomes.set(payload, 'waits');
    this.#appender.append('x', payload, {}).then(
      ({ position }) => {
        expect(this.#log.payloads[position.offset - 1]).toBe(payload);
        this.outcomes.set(payload, 'accepted');
      },
      ({ maybeSent }: BrokerUnavailableError) =>
        this.outcomes.set(payload, maybeSent ? 'unknown' : 'not sent'),
    );
  }

  /** What was under way fails before the appender hears of it, or after. */
  cut(isEarly: boolean): void {
    if (isEarly) this.connection.cut();
    this.#appender.disconnected();
    if (!isEarly) this.connection.cut();
    this.#isUp = false;
  }

  restore(): void {
    if (!this.#isUp) this.#appender.connected();
    this.#isUp = true;
  }
}

interface Circumstances {
  readonly faults: readonly Fault[];
  /** The service refuses what would stand behind something newer; otherwise a cut may hide that it would. */
  readonly isStrict: boolean;
}

async function step(
  node: Node,
  random: () => number,
  { faults, isStrict }: Circumstances,
): Promise<void> {
  const { connection } = node;
  const kind = random();
  if (kind < 0.3) for (let count = random() * 6; count > 0; count--) node.publish();
  else if (kind < 0.6) {
    const fault = random() < 0.15 ? faults[Math.floor(random() * faults.length)] : undefined;
    connection.handle(fault);
  } else if (kind < 0.84) connection.answer();
  else if (kind < 0.9) connection.timeOut();
  else if (kind < 0.93) {
    if (isStrict || !connection.hasHole) node.cut(random() < 0.5);
  } else if (kind < 0.97) node.restore();
  else await vi.advanceTimersByTimeAsync(random() * 60);
  // Within a turn of the event loop several things happen before promises are heard of.
  if (random() < 0.7) await vi.advanceTimersByTimeAsync(0);
}

/** Everything is answered, without another fault. */
async function finish(nodes: readonly Node[]): Promise<void> {
  for (const node of nodes) node.restore();
  for (let round = 0; nodes.some((node) => !node.isIdle); round++) {
    expect(round, 'rounds until all is answered').toBeLessThan(1_000);
    for (const { connection } of nodes) {
      connection.handle();
      connection.answer();
      connection.timeOut();
    }
    await vi.advanceTimersByTimeAsync(5);
  }
}

function check(log: AppendLog, { outcomes }: Node, name: string): void {
  const own = log.payloads.filter((payload) => payload.startsWith(name));
  const published = [...outcomes.keys()];
  expect(own, 'once each, in the order of the calls').toEqual(
    published.filter((payload) => own.includes(payload)),
  );
  for (const [payload, outcome] of outcomes) {
    expect(outcome, payload).not.toBe('waits');
    if (outcome !== 'unknown') {
      expect([payload, own.includes(payload)]).toEqual([payload, outcome === 'accepted']);
    }
  }
}

describe('appends of one channel that are under way together', { timeout: 120_000 }, () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it.each([
    { Log: RememberingLog, faults: FAULTS, isStrict: false },
    { Log: ForgetfulLog, faults: FAULTS.slice(0, 1), isStrict: true },
  ])('keep their order through cuts, with a $Log.name', async ({ Log, ...circumstances }) => {
    const first = Number(process.env.SEED ?? 1);
    const seen = { accepted: 0, unknown: 0, 'not sent': 0, waits: 0 };
    for (let seed = first; seed < first + RUNS; seed++) {
      const random = randomFrom(seed);
      const log = new Log();
      const maxInFlight = 1 + Math.floor(random() * 8);
      const nodes = ['a', 'b'].map((name) => new Node(name, log, maxInFlight));
      try {
        for (let count = 0; count < STEPS; count++) {
          await step(nodes[random() < 0.5 ? 0 : 1]!, random, circumstances);
        }
        await finish(nodes);
        nodes.forEach((node, index) => {
          check(log, node, 'ab'[index]!);
          expect(node.connection.mostInFlight).toBeLessThanOrEqual(maxInFlight);
          for (const outcome of node.outcomes.values()) seen[outcome]++;
        });
      } catch (cause) {
        throw new Error(`With SEED=${seed}: ${(cause as Error).message}`, { cause });
      }
    }
    // Otherwise the faults would prove little.
    expect(seen.accepted).toBeGreaterThan(20 * RUNS);
    expect(seen.unknown).toBeGreaterThan(RUNS / 10);
    expect(seen['not sent']).toBeGreaterThan(RUNS / 10);
  });
});
