import { setImmediate } from 'node:timers/promises';
import { monotonicMs, sleepUntil } from './clock.js';
import { Latencies } from './latencies.js';
import type { LoadClient } from './load-client.js';
import { LoopWatch } from './loop-watch.js';
import { isMessageOf, messageWriter } from './message.js';
import {
  arrivalsOf,
  type BenchPlan,
  channelName,
  dueAt,
  isMine,
  lineAt,
  lineCount,
  plannedOn,
  type Share,
} from './plan.js';
import { countOne, type FinalReport, type Tick } from './reports.js';
import { SequenceAccount } from './sequence-account.js';

/** A process that is behind hears its connections after so many arrivals at the latest. */
const YIELD_EVERY = 32;

/** Connections of a process, by their numbers in the plan. */
export type Clients = ReadonlyMap<number, LoadClient>;

/** The accounts of a subscriber. */
export interface Subscriber {
  readonly onPublication: (data: unknown) => void;
  /** From now on it is expected to get everything: its subscriptions are confirmed. */
  readonly admit: () => void;
}

/** What one process sends and receives while it is measured, and the accounts of it. */
export class Traffic {
  readonly #plan: BenchPlan;
  readonly #share: Share;
  readonly #write: (line: number, number: number, time: number) => string;
  readonly #latencies = new Latencies();
  readonly #lateness = new Latencies();
  readonly #loop = new LoopWatch();
  readonly #sent: number[];
  readonly #accounts: SequenceAccount[][];
  readonly #errors: Record<string, number> = {};
  readonly #closes: Record<string, number> = {};
  #startsAt = Number.POSITIVE_INFINITY;
  #isStopped = false;
  #sentSinceTick = 0;
  #receivedSinceTick = 0;
  #answered = 0;
  #foreign = 0;
  #unsent = 0;

  constructor(plan: BenchPlan, share: Share) {
    this.#plan = plan;
    this.#share = share;
    this.#write = messageWriter(plan.run, plan.bytes);
    const lines = lineCount(plan) || 1;
    this.#sent = new Array<number>(lines).fill(0);
    this.#accounts = Array.from({ length: lines }, () => []);
  }

  /** Accounts for one subscriber of these channels. */
  subscriber(channels: readonly number[]): Subscriber {
    const accounts = new Map<number, SequenceAccount>();
    const lines = this.#plan.publishers === 0 ? 0 : this.#sent.length;
    for (let line = 0; line < lines; line += 1) {
      if (!channels.includes(lineAt(line, this.#plan).channel)) continue;
      accounts.set(line, new SequenceAccount(plannedOn(line, this.#plan)));
    }
    return {
      onPublication: (data) => this.#onPublication(data, accounts),
      admit: () => {
        for (const [line, account] of accounts) this.#accounts[line]?.push(account);
      },
    };
  }

  #onPublication(data: unknown, accounts: ReadonlyMap<number, SequenceAccount>): void {
    const message = isMessageOf(this.#plan.run, data) ? data : undefined;
    const arrival = message && accounts.get(message.l)?.note(message.n);
    if (arrival === undefined || arrival === 'foreign') this.#foreign += 1;
    else if (message && arrival !== 'duplicate') this.#onReceived(message.t);
  }

  onClose(code: number): void {
    countOne(this.#closes, code);
  }

  /** Sends what is due at its time, from `startsAt` on; resolves after the last one. */
  async send(startsAt: number, clients: Clients, publishers: Clients): Promise<void> {
    this.#startsAt = startsAt;
    this.#loop.start();
    const { scenario } = this.#plan;
    if (scenario === 'connect') return sleepUntil(startsAt + this.#plan.durationMs);
    const send =
      scenario === 'calls'
        ? (arrival: number, due: number) => this.#call(arrival, due, clients)
        : (arrival: number, due: number) => this.#publish(arrival, due, publishers);
    const arrivals = arrivalsOf(this.#plan);
    let count = 0;
    for (let arrival = 0; arrival < arrivals; arrival += 1) {
      if (!this.#isMine(arrival)) continue;
      const due = startsAt + dueAt(arrival, this.#plan);
      if (monotonicMs() < due) await sleepUntil(due);
      else if (count % YIELD_EVERY === 0) await setImmediate();
      if (this.#isStopped) return;
      send(arrival, due);
      count += 1;
    }
  }

  #isMine(arrival: number): boolean {
    const { clients } = this.#plan;
    if (this.#plan.scenario === 'calls') return isMine(arrival % clients, this.#share);
    return isMine(lineAt(arrival % this.#sent.length, this.#plan).publisher, this.#share);
  }

  #publish(arrival: number, due: number, publishers: Clients): void {
    const line = arrival % this.#sent.length;
    const { channel, publisher } = lineAt(line, this.#plan);
    const client = publishers.get(publisher);
    if (!client?.isOpen) {
      this.#unsent += 1;
      return;
    }
    const number = Math.floor(arrival / this.#sent.length);
    client.publish(channelName(channel, this.#plan), this.#write(line, number, due));
    this.#onSent(line, due);
  }

  #call(arrival: number, due: number, clients: Clients): void {
    const caller = arrival % this.#plan.clients;
    const client = clients.get(caller);
    if (!client?.isOpen) {
      this.#unsent += 1;
      return;
    }
    client.call(this.#plan.procedure, this.#write(caller, arrival, due), (error) => {
      this.#answered += 1;
      if (error !== undefined) countOne(this.#errors, error);
      this.#onReceived(due);
    });
    this.#onSent(0, due);
  }

  #onSent(line: number, due: number): void {
    this.#sent[line] = (this.#sent[line] ?? 0) + 1;
    this.#sentSinceTick += 1;
    this.#lateness.record(monotonicMs() - due);
  }

  #onReceived(due: number): void {
    this.#receivedSinceTick += 1;
    this.#latencies.record(monotonicMs() - due);
  }

  /** What has happened since the last tick; begins the next one. */
  tick(): Tick {
    const tick = {
      at: monotonicMs() - this.#startsAt,
      sent: this.#sentSinceTick,
      received: this.#receivedSinceTick,
      latencies: this.#latencies.encode(),
      lateness: this.#lateness.encode(),
      ...this.#loop.read(),
    };
    this.#sentSinceTick = 0;
    this.#receivedSinceTick = 0;
    this.#latencies.reset();
    this.#lateness.reset();
    return tick;
  }

  /** Sends nothing more. */
  stop(): void {
    this.#isStopped = true;
    this.#loop.stop();
  }

  /** Everything, at the end. */
  finish(clients: Clients): FinalReport {
    const accounts = this.#accounts.flat();
    const isCalls = this.#plan.scenario === 'calls';
    let duplicate = 0;
    for (const client of clients.values()) duplicate += client.duplicateAnswers;
    return {
      sent: this.#sent,
      subscribers: this.#accounts.map(({ length }) => length),
      received: isCalls
        ? [this.#answered]
        : this.#accounts.map((line) => sum(line.map(({ received }) => received))),
      duplicate: duplicate + sum(accounts.map((account) => account.duplicate)),
      outOfOrder: sum(accounts.map(({ outOfOrder }) => outOfOrder)),
      foreign: this.#foreign,
      unsent: this.#unsent,
      errors: this.#errors,
      closes: this.#closes,
    };
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
