import type { Broker, BrokerMessage, BrokerPayload } from '../broker.js';
import type { BrokerEvent, BrokerInterruptionEvent } from '../status.js';
import type { ConformanceFleet } from './contract.js';

const DEFAULT_DEADLINE_MS = 10_000;
/** Begins the payloads that only show how far a node has got; they are not counted as messages. */
const MARKER = 'caught up ';

/** Fails a duty. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

export function assertEqual(actual: unknown, expected: unknown, what: string): void {
  const [got, wanted] = [JSON.stringify(actual), JSON.stringify(expected)];
  assert(got === wanted, `${what}: expected ${wanted}, got ${got}`);
}

/** One broker with everything it reported. */
export class TestNode {
  readonly broker: Broker;
  readonly events: BrokerEvent[] = [];
  readonly #markers = new Set<unknown>();
  readonly messages: { channel: string; message: BrokerMessage }[] = [];

  readonly #until: TestFleet['until'];

  constructor(broker: Broker, until: TestFleet['until']) {
    this.broker = broker;
    this.#until = until;
  }

  async start(): Promise<void> {
    await this.broker.start({
      onMessage: (channel, message) => {
        const { payload } = message;
        if (typeof payload === 'string' && payload.startsWith(MARKER)) this.#markers.add(payload);
        else this.messages.push({ channel, message });
      },
      onEvent: (event) => this.events.push(event),
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

/** The fleet under test. */
export class TestFleet {
  readonly fleet: ConformanceFleet;
  readonly nodes: readonly TestNode[];

  readonly #deadlineMs: number;

  constructor(fleet: ConformanceFleet, deadlineMs = DEFAULT_DEADLINE_MS) {
    this.fleet = fleet;
    this.#deadlineMs = deadlineMs;
    this.nodes = fleet.brokers.map((broker) => new TestNode(broker, this.until));
  }

  /** Resolves when `isTrue()`; fails after the deadline naming what was awaited. */
  readonly until = async (what: string, isTrue: () => boolean): Promise<void> => {
    const deadline = performance.now() + this.#deadlineMs;
    while (!isTrue()) {
      assert(performance.now() < deadline, `waited ${this.#deadlineMs} ms in vain for ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 2));
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
