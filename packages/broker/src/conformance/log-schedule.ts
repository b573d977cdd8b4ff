import { isSamePosition } from '../position-text.js';
import type { DutyNeed } from './duties.js';
import { topOf } from './log-steps.js';
import { LogSubscriber } from './log-subscriber.js';
import { assert, type TestFleet, type TestNode } from './test-fleet.js';

/** Numbers from 0 up to 1, the same ones for the same seed. Source: mulberry32, in the public domain. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Action {
  /** How often, in a thousand steps. */
  readonly weight: number;
  readonly needs?: DutyNeed;
  act(schedule: LogSchedule): Promise<void> | void;
}

/** What may happen in a step. What is left of a thousand is an append. */
const actions: readonly Action[] = [
  { weight: 60, act: (schedule) => schedule.pause() },
  { weight: 40, act: (schedule) => schedule.check() },
  { weight: 100, act: (schedule) => schedule.appendTwice() },
  { weight: 40, needs: 'cut', act: (schedule) => schedule.cut() },
  { weight: 80, needs: 'cut', act: (schedule) => schedule.restore() },
  { weight: 60, needs: 'dropEntries', act: (schedule) => schedule.drop() },
  { weight: 6, needs: 'forget', act: (schedule) => schedule.forget() },
  { weight: 6, needs: 'save', act: (schedule) => schedule.rollBack() },
];

/** A random life of a log: publishers, subscribers, and what goes wrong. */
export class LogSchedule {
  readonly subscribers: readonly LogSubscriber[];
  /** Payloads whose append was answered. */
  readonly acknowledged = new Set<string>();
  /** The service has lost logs, or the end of one. */
  hasLostLogs = false;
  readonly #fleet: TestFleet;
  readonly #nodes: readonly TestNode[];
  readonly #channel: string;
  readonly #random: () => number;
  readonly #cut = new Set<number>();
  readonly #pending = new Set<Promise<void>>();
  #count = 0;

  private constructor(
    fleet: TestFleet,
    nodes: readonly TestNode[],
    channel: string,
    subscribers: readonly LogSubscriber[],
  ) {
    this.#fleet = fleet;
    this.#nodes = nodes;
    this.#channel = channel;
    this.subscribers = subscribers;
    this.#random = createRandom(fleet.seed);
  }

  /** Every node follows the channel from its beginning. */
  static async start(
    fleet: TestFleet,
    nodes: readonly TestNode[],
    channel: string,
  ): Promise<LogSchedule> {
    const subscribers: LogSubscriber[] = [];
    for (const node of nodes) {
      await node.log.follow(channel);
      const subscriber = new LogSubscriber(node, channel, await topOf(node, channel));
      node.onEntry = (_channel, entry) => subscriber.take(entry);
      node.onStatus = (status) => {
        if (status === 'connecting') subscriber.doubt();
        if (status === 'connected') subscriber.read().catch(() => subscriber.doubt());
      };
      subscribers.push(subscriber);
    }
    return new LogSchedule(fleet, nodes, channel, subscribers);
  }

  /** Does one thing, by chance. */
  async step(): Promise<void> {
    let at = this.#random() * 1_000;
    for (const { weight, needs, act } of actions) {
      at -= weight;
      if (at >= 0) continue;
      if (needs === undefined || this.#fleet.faults.includes(needs)) await act(this);
      return;
    }
    this.#append(this.#anyNode(), this.#nextPayload());
  }

  /** Ends all faults and waits until everybody knows where the log ends. */
  async settle(): Promise<void> {
    for (const index of this.#cut) await this.#fleet.restore(index);
    for (const { broker } of this.#nodes) {
      await this.#fleet.until('the connection', () => broker.status === 'connected');
    }
    await Promise.all(this.#pending);
    for (const [index, subscriber] of this.subscribers.entries()) {
      await this.#fleet.eventually(`node ${index} to catch up`, async () => {
        await subscriber.check();
        const top = await topOf(this.#nodes[index]!, this.#channel);
        assert(isSamePosition(subscriber.cursor, top), 'it is not at the end of the log');
      });
    }
  }

  pause(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, this.#random() * 10));
  }

  check(): void {
    const subscriber = this.subscribers[this.#any(this.subscribers.length)]!;
    subscriber.check().catch(() => subscriber.doubt());
  }

  /** As a client does that got no answer: once more, by way of another server. */
  appendTwice(): void {
    const payload = this.#nextPayload();
    for (let time = 0; time < 2; time++) this.#append(this.#anyNode(), payload, payload);
  }

  async cut(): Promise<void> {
    const index = this.#any(this.#nodes.length);
    if (this.#cut.has(index)) return;
    this.#cut.add(index);
    await this.#fleet.cut(index);
  }

  async restore(): Promise<void> {
    for (const index of this.#cut) {
      this.#cut.delete(index);
      return this.#fleet.restore(index);
    }
  }

  drop(): void {
    this.#fleet.fleet.dropEntries?.(this.#any(this.#nodes.length), 1 + this.#any(3));
  }

  async forget(): Promise<void> {
    this.hasLostLogs = true;
    await this.#fleet.fleet.forget?.();
  }

  async rollBack(): Promise<void> {
    const bringBack = await this.#fleet.fleet.save?.();
    for (let count = this.#any(5); count >= 0; count--) {
      this.#append(this.#anyNode(), this.#nextPayload());
    }
    await this.pause();
    this.hasLostLogs = true;
    await bringBack?.();
  }

  #append(node: TestNode, payload: string, id?: string): void {
    const appended = Promise.resolve(node.log.append(this.#channel, payload, { id })).then(
      () => void this.acknowledged.add(payload),
      // Not acknowledged: it may be in the log or not.
      () => {},
    );
    this.#pending.add(appended);
    void appended.then(() => this.#pending.delete(appended));
  }

  #nextPayload(): string {
    return `publication ${++this.#count}`;
  }

  #anyNode(): TestNode {
    return this.#nodes[this.#any(this.#nodes.length)]!;
  }

  #any(count: number): number {
    return Math.floor(this.#random() * count);
  }
}
