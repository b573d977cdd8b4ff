import { isRecord, readOwn, type UnknownRecord } from '@asyngular/protocol/internal';
import type { Heard } from './kept-publications.js';

/** How long a client may be on the way, in ms. What it left behind is not known to be complete after that. */
export const ARRIVAL_MS = 10_000;

/**
 * A client that comes from another server, which it has not left yet (docs/protocol.md P19). It names the channels that it
 * is subscribed to there; what is published on them from then on is kept, and when it has left it says what it has had.
 */
export class Arrival {
  readonly startedAt: number = Date.now();
  /** When it has left the other server, or is not waited for any longer. */
  readonly settled: Promise<void>;
  #isSettled = false;
  #settle!: () => void;
  #channels: Set<string> | undefined;
  /** By channel; read when it is asked for, since it is as long as the client likes. */
  #heard: UnknownRecord = {};

  constructor() {
    this.settled = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** The client names its channels once: each time would cost as much as the first. */
  get mayListen(): boolean {
    return !this.#isSettled && this.#channels === undefined;
  }

  /** The client is subscribed to the channels on the other server. */
  listen(channels: Iterable<string>): void {
    this.#channels = new Set(channels);
  }

  /** It has left that. `heard` is what that server said, or what the client made of it. */
  settle(heard?: unknown): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#heard = isRecord(heard) ? heard : {};
    this.#settle();
  }

  /**
   * What it has had of a channel that it subscribes to now, once: `null` if that is unknown, or of no use, since it came to
   * the channel after it had named those that it was in, and nothing was kept; `undefined` if this is a subscription like any
   * other.
   */
  take(channel: string): Heard | null | undefined {
    const heard = parseHeard(readOwn(this.#heard, channel));
    delete this.#heard[channel];
    if (this.#channels?.delete(channel)) return heard ?? null;
    return heard && null;
  }
}

/** By channel, what a socket has had of it, in the form in which the client takes it along. */
export function writeHeard(heard: ReadonlyMap<string, Heard>): object {
  return Object.fromEntries(
    [...heard].map(([channel, numbers]) => [channel, Object.fromEntries(numbers)]),
  );
}

function parseHeard(numbers: unknown): Heard | undefined {
  return isRecord(numbers) ? new Map(Object.entries(numbers).filter(isNumbered)) : undefined;
}

function isNumbered(entry: [string, unknown]): entry is [string, number] {
  return Number.isFinite(entry[1]);
}
