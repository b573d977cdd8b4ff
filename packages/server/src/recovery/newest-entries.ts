import { isSamePosition, type LogPage, type LogPosition } from '@asyngular/broker';
import { isAway, RETRY_MS } from './away.js';
import type { ChannelHost, Delivery } from './channel-host.js';

/** How long what was read is kept for the next one who subscribes, in ms. */
const KEEP_MS = 1_000;

/** What `NewestEntries` needs of its channel. */
export interface NewestOwner {
  /** Where the live subscribers are. */
  readonly cursor: LogPosition;
  /** The last publications, if there are that many at hand. */
  newest(count: number): readonly Delivery[] | undefined;
  /** What follows a position, if it is at hand. */
  following(position: LogPosition): readonly Delivery[] | undefined;
}

type Done = (entries: readonly Delivery[] | Error) => void;

/**
 * The publications that new subscriptions of one channel begin with: the last ones up to where the live subscribers are.
 * Many who subscribe at once cost one read.
 */
export class NewestEntries {
  readonly #host: ChannelHost;
  readonly #owner: NewestOwner;
  #kept: { readonly cursor: LogPosition; readonly entries: readonly Delivery[] } | undefined;
  #isForgetting = false;
  #waiting: { readonly count: number; readonly done: Done }[] = [];

  constructor(host: ChannelHost, owner: NewestOwner) {
    this.#host = host;
    this.#owner = owner;
  }

  /** Reads up to `count`, at most as many as the pattern's rewind; a log in memory answers before the call returns. */
  read(count: number, done: Done): void {
    const found = count === 0 ? [] : (this.#owner.newest(count) ?? this.#keptOf(count));
    if (found !== undefined) {
      done(found);
      return;
    }
    this.#waiting.push({ count, done });
    if (this.#waiting.length === 1) this.#ask();
  }

  #keptOf(count: number): readonly Delivery[] | undefined {
    const kept = this.#kept;
    if (kept === undefined || !isSamePosition(kept.cursor, this.#owner.cursor)) return undefined;
    return kept.entries.slice(-count);
  }

  #ask(): void {
    const { rewind, maxBytes, counters } = this.#host;
    counters.reads++;
    const answer = this.#host.read({ limit: rewind, maxBytes });
    if (answer instanceof Promise)
      answer.then(
        (page) => this.#take(page),
        (error: unknown) => this.#fail(error),
      );
    else this.#take(answer);
  }

  #fail(error: unknown): void {
    if (isAway(error)) this.#host.after(RETRY_MS, () => this.#ask());
    else this.#settle(error instanceof Error ? error : new Error(String(error)));
  }

  #take({ entries }: LogPage): void {
    const { cursor } = this.#owner;
    // The log may be ahead of the live subscribers, or behind them if this copy of it lags.
    const deliveries = entries
      .filter(
        ({ position: { epoch, offset } }) => epoch === cursor.epoch && offset <= cursor.offset,
      )
      .map((entry) => this.#host.wrap(entry));
    const last = deliveries.at(-1);
    if (last !== undefined) deliveries.push(...(this.#owner.following(last.position) ?? []));
    this.#keep(cursor, deliveries);
    this.#settle(deliveries);
  }

  #keep(cursor: LogPosition, entries: readonly Delivery[]): void {
    this.#kept = { cursor, entries };
    // One timer, however often that happens, and nothing older is held by it.
    if (this.#isForgetting) return;
    this.#isForgetting = true;
    this.#host.after(KEEP_MS, () => {
      this.#isForgetting = false;
      this.#kept = undefined;
    });
  }

  #settle(result: readonly Delivery[] | Error): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { count, done } of waiting) {
      done(result instanceof Error ? result : result.slice(-count));
    }
  }
}
