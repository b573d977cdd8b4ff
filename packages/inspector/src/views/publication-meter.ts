import type { ServerInspection } from '@asyngular/server/internal';
import type { Clock } from '../clock.js';
import { perSecond } from './socket-rates.js';

/** How long after the last look counting goes on, in ms. */
const IDLE_MS = 10_000;
/** Channels that are counted one by one; publications on others count as a sum only. */
const MAX_CHANNELS = 10_000;
/** Over less than this, in ms, a rate says nothing. */
const LEAST_MS = 900;

interface Counter {
  count: number;
  sampledCount: number;
  sampledAt: number;
  rate: number;
}

/** Counts what is published on a server, from the first look until nobody has looked for a while. */
export class PublicationMeter {
  readonly #inspection: ServerInspection;
  readonly #clock: Clock;
  readonly #counters = new Map<string, Counter>();
  #total = 0;
  #startedAt = 0;
  #lookedAt = 0;
  #cancelCheck: (() => void) | undefined;

  constructor(inspection: ServerInspection, clock: Clock) {
    this.#inspection = inspection;
    this.#clock = clock;
  }

  /** Somebody looks. Returns how many publications there were since somebody began to. */
  look(): number {
    this.#lookedAt = this.#clock.now();
    if (this.#cancelCheck === undefined) {
      this.#startedAt = this.#lookedAt;
      this.#inspection.countPublications((channel) => this.#add(channel));
      this.#check(IDLE_MS);
    }
    return this.#total;
  }

  /** Publications on a channel, and how many per second. */
  read(channel: string): { readonly published: number; readonly rate: number } {
    const counter = this.#counters.get(channel);
    if (counter === undefined) return { published: 0, rate: 0 };
    const now = this.#clock.now();
    const elapsedMs = now - counter.sampledAt;
    if (elapsedMs >= LEAST_MS) {
      counter.rate = perSecond(counter.count - counter.sampledCount, elapsedMs);
      counter.sampledAt = now;
      counter.sampledCount = counter.count;
    }
    return { published: counter.count, rate: counter.rate };
  }

  close(): void {
    if (this.#cancelCheck === undefined) return;
    this.#cancelCheck();
    this.#cancelCheck = undefined;
    this.#inspection.countPublications(undefined);
    this.#counters.clear();
    this.#total = 0;
  }

  #add(channel: string): void {
    this.#total++;
    const counter = this.#counters.get(channel);
    if (counter !== undefined) counter.count++;
    else if (this.#counters.size < MAX_CHANNELS) {
      const sampledAt = Math.max(this.#startedAt, this.#lookedAt);
      this.#counters.set(channel, { count: 1, sampledCount: 0, sampledAt, rate: 0 });
    }
  }

  #check(inMs: number): void {
    this.#cancelCheck = this.#clock.after(inMs, () => {
      const idleMs = this.#clock.now() - this.#lookedAt;
      if (idleMs >= IDLE_MS) this.close();
      else this.#check(IDLE_MS - idleMs);
    });
  }
}
