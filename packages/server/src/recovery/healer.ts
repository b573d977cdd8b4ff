import type { LogPosition } from '@asyngular/broker';
import { isAway } from './away.js';

/** What a healer needs of its server. */
export interface HealerHost {
  /** Where the logs end, of at most 100 channels. */
  tops(
    channels: readonly string[],
  ): ReadonlyMap<string, LogPosition> | Promise<ReadonlyMap<string, LogPosition>>;
  /** The channel's log ends there. Returns whether to look again soon. */
  compare(channel: string, top: LogPosition): boolean;
  after(ms: number, work: () => void): void;
  warn(error: unknown): void;
}

/** Channels per question. */
const BATCH = 100;
/** A channel that is new, or in doubt, is looked at after one to two of these, in ms. */
const TICK_MS = 1_000;
/** In so many ticks every channel is looked at. */
const TICKS_PER_ROUND = 40;

/**
 * Compares where logs end with where this server is: at once after an outage, a second after a channel was followed, and
 * every 40 s, spread out. Only so a live entry is missed that was lost with nothing behind it.
 */
export class Healer {
  readonly #host: HealerHost;
  /** In the order in which their turn comes. */
  readonly #channels = new Set<string>();
  #new = new Set<string>();
  #soon = new Set<string>();
  readonly #now = new Set<string>();
  #isTicking = false;
  #isAsking = false;
  #isClosed = false;
  /** The broker has refused a question, of which there was a warning. */
  #isRefused = false;
  /** Channels, and parts of one, that are due for their round. */
  #credit = 0;

  constructor(host: HealerHost) {
    this.#host = host;
  }

  add(channel: string): void {
    this.#channels.add(channel);
    this.#new.add(channel);
    if (!this.#isTicking) this.#tickLater();
  }

  remove(channel: string): void {
    for (const some of [this.#channels, this.#new, this.#soon, this.#now]) some.delete(channel);
  }

  /** Looks at a channel now, or at all. */
  heal(channel?: string): void {
    for (const one of channel === undefined ? this.#channels : [channel]) {
      if (this.#channels.has(one)) this.#now.add(one);
    }
    this.#ask();
  }

  close(): void {
    this.#isClosed = true;
    this.#channels.clear();
    this.#now.clear();
  }

  #tickLater(): void {
    this.#isTicking = true;
    this.#host.after(TICK_MS, () => this.#tick());
  }

  #tick(): void {
    this.#isTicking = false;
    if (this.#isClosed || this.#channels.size === 0) return;
    for (const channel of this.#soon) this.#now.add(channel);
    this.#soon = this.#new;
    this.#new = new Set();
    this.#takeShare();
    this.#ask();
    this.#tickLater();
  }

  /** The channels whose turn it is; they go to the end of the line. */
  #takeShare(): void {
    this.#credit += this.#channels.size / TICKS_PER_ROUND;
    for (const channel of this.#channels) {
      if (this.#credit < 1) return;
      this.#credit--;
      this.#channels.delete(channel);
      this.#channels.add(channel);
      this.#now.add(channel);
    }
  }

  /** One question at a time. */
  #ask(): void {
    while (!this.#isAsking && this.#now.size > 0) {
      const batch = [...this.#now].slice(0, BATCH);
      for (const channel of batch) this.#now.delete(channel);
      const tops = this.#host.tops(batch);
      if (!(tops instanceof Promise)) {
        this.#take(tops);
        continue;
      }
      this.#isAsking = true;
      tops
        .then(
          (found) => this.#take(found),
          (error: unknown) => this.#fail(batch, error),
        )
        .finally(() => {
          this.#isAsking = false;
          this.#ask();
        });
    }
  }

  #take(tops: ReadonlyMap<string, LogPosition>): void {
    this.#isRefused = false;
    for (const [channel, top] of tops) {
      if (this.#channels.has(channel) && this.#host.compare(channel, top)) this.#new.add(channel);
    }
  }

  #fail(batch: readonly string[], error: unknown): void {
    if (this.#isClosed) return;
    if (!isAway(error) && !this.#isRefused) this.#host.warn(error);
    this.#isRefused = !isAway(error);
    for (const channel of batch) if (this.#channels.has(channel)) this.#new.add(channel);
  }
}
