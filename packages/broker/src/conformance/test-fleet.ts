import type { Broker, BrokerMessage, BrokerPayload } from '../broker.js';
import type { ChannelLog, LiveEntry, LogPolicy } from '../log.js';
import type { BrokerEvent, BrokerInterruptionEvent, BrokerStatus } from '../status.js';
import type { ConformanceFleet } from './contract.js';
import type { DutyNeed } from './duties.js';

const DEFAULT_DEADLINE_MS = 10_000;
/** Begins the payloads that only show how far a node has got; they are not counted as messages. */
const MARKER = 'caught up ';

/** Of channels that a duty says nothing about. */
const defaultPolicy: LogPolicy = {
  size: 1_000,
  ttlMs: 60_000,
  maxBytes: 1024 * 1024,
  idempotencyWindowMs: 60_000,
};

function today(): number {
  return Math.floor(Date.now() / 86_400_000);
}

/** Fails a duty. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

export function assertEqual(actual: unknown, expected: unknown, what: string): void {
  const [got, wanted] = [JSON.stringify(actual), JSON.stringify(expected)];
  assert(got === wanted, `${what}: expected ${wanted}, got ${got}`);
}

type PolicyOf = (channel: string) => LogPolicy;

/** One broker with everything it reported. */
export class TestNode {
  readonly broker: Broker;
  readonly events: BrokerEvent[] = [];
  readonly #markers = new Set<unknown>();
  /** Live entries of the logs that it follows. */
  readonly entries: { channel: string; entry: LiveEntry }[] = [];
  /** Called with each live entry. */
  onEntry: (channel: string, entry: LiveEntry) => void = () => {};
  /** Called with each status of the broker. */
  onStatus: (status: BrokerStatus) => void = () => {};
  readonly messages: { channel: string; message: BrokerMessage }[] = [];

  readonly #until: TestFleet['until'];
  readonly #policyOf: PolicyOf | undefined;

  constructor(broker: Broker, until: TestFleet['until'], policyOf: PolicyOf | undefined) {
    this.broker = broker;
    this.#until = until;
    this.#policyOf = policyOf;
  }

  get log(): ChannelLog {
    assert(this.broker.log, 'the broker must have a log');
    return this.broker.log;
  }

  async start(): Promise<void> {
    await this.broker.start({
      onMessage: (channel, message) => {
        const { payload } = message;
        if (typeof payload === 'string' && payload.startsWith(MARKER)) this.#markers.add(payload);
        else this.messages.push({ channel, message });
      },
      onEvent: (event) => {
        this.events.push(event);
        if (event.type === 'status') this.onStatus(event.to);
      },
      onEntry: (channel, entry) => {
        this.entries.push({ channel, entry });
        this.onEntry(channel, entry);
      },
      ...(this.#policyOf && { policyOf: this.#policyOf }),
    });
  }

  payloads(channel: string, from?: TestNode): BrokerPayload[] {
    return this.messages
      .filter((it) => it.channel === channel && (!from || it.message.node === from.broker.node))
      .map((it) => it.message.payload);
  }

  interruptions(): BrokerInterruptionEvent[] {
    return this.events.filter((event) => event.type === 'interruption');
  }

  /** Resolves when everything the other node published on the channel before this call is here. */
  async caughtUp(channel: string, from: TestNode): Promise<void> {
    const marker = `${MARKER}${Math.random()}`;
    await from.broker.publish(channel, marker);
    await this.#until(`the last message on ${channel}`, () => this.#markers.has(marker));
  }
}

/** What a `TestFleet` is given beside its brokers. */
export interface TestFleetOptions {
  deadlineMs?: number | undefined;
  seed?: number | undefined;
  faults?: readonly DutyNeed[];
  /** The nodes keep logs. Default `true`; a service that can keep none is not to be asked for any. */
  keepsLogs?: boolean;
}

/** The fleet under test. */
export class TestFleet {
  readonly fleet: ConformanceFleet;
  readonly nodes: readonly TestNode[];

  /** Begins the random schedule, and the faults that may be in it. */
  readonly seed: number;
  readonly faults: readonly DutyNeed[];
  readonly #deadlineMs: number;
  readonly #policies = new Map<string, LogPolicy>();

  constructor(
    fleet: ConformanceFleet,
    {
      deadlineMs = DEFAULT_DEADLINE_MS,
      seed = today(),
      faults = [],
      keepsLogs = true,
    }: TestFleetOptions = {},
  ) {
    this.fleet = fleet;
    this.seed = seed;
    this.faults = faults;
    this.#deadlineMs = deadlineMs;
    const policyOf = keepsLogs
      ? (channel: string) => this.#policies.get(channel) ?? defaultPolicy
      : undefined;
    this.nodes = fleet.brokers.map((broker) => new TestNode(broker, this.until, policyOf));
  }

  /** What the logs of a channel keep, for all nodes; to be said before the channel is used. */
  setPolicy(channel: string, policy: Partial<LogPolicy>): void {
    this.#policies.set(channel, { ...defaultPolicy, ...policy });
  }

  /** Resolves when `isTrue()`; fails after the deadline naming what was awaited. */
  readonly until = async (what: string, isTrue: () => boolean): Promise<void> => {
    const deadline = performance.now() + this.#deadlineMs;
    while (!isTrue()) {
      assert(performance.now() < deadline, `waited ${this.#deadlineMs} ms in vain for ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  };

  /** Calls again until the call succeeds; fails after the deadline with the last failure. */
  readonly eventually = async <T>(what: string, call: () => Promise<T>): Promise<T> => {
    const deadline = performance.now() + this.#deadlineMs;
    for (;;) {
      try {
        return await call();
      } catch (cause) {
        if (performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 5));
        else
          throw new Error(`waited ${this.#deadlineMs} ms in vain for ${what}: ${cause}`, { cause });
      }
    }
  };

  node(index: number): TestNode {
    const node = this.nodes[index];
    assert(node, `setup() must create more than ${index} brokers`);
    return node;
  }

  async start(): Promise<readonly TestNode[]> {
    await Promise.all(this.nodes.map((node) => node.start()));
    return this.nodes;
  }

  async cut(index: number): Promise<void> {
    assert(this.fleet.cut, 'the fleet cannot be cut');
    await this.fleet.cut(index);
  }

  async stall(index: number): Promise<void> {
    assert(this.fleet.stall, 'the fleet cannot be stalled');
    await this.fleet.stall(index);
  }

  async freeze(index: number): Promise<void> {
    assert(this.fleet.freeze, 'the fleet cannot be frozen');
    await this.fleet.freeze(index);
  }

  async restore(index: number): Promise<void> {
    await this.fleet.restore?.(index);
  }

  async close(): Promise<void> {
    await Promise.all(this.nodes.map(({ broker }) => broker.close()));
    await this.fleet.teardown?.();
  }
}
