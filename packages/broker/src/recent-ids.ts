import type { LogPosition } from './log.js';

/** Ids of one log remembered at a time; beyond that the oldest is forgotten before its time. */
export const MAX_IDS = 10_000;
/** Room of forgotten ids that is given back at once rather than one by one. */
const MIN_GAP = 32;

/**
 * The ids of a log's recent publications, with their places. An id outlives its publication when that is
 * trimmed, because a publisher may still send it again.
 */
export class RecentIds {
  /** Oldest first. */
  readonly #ids = new Map<string, LogPosition>();
  /** When each was added, in the same order from `#head` on. Whole ms: small integers need no object of their own. */
  readonly #addedAt: number[] = [];
  #head = 0;

  /** Ids remembered. */
  get size(): number {
    return this.#ids.size;
  }

  /** The place of the first publication with this id. */
  find(id: string): LogPosition | undefined {
    return this.#ids.get(id);
  }

  /** Remembers an id that is not remembered yet. */
  add(id: string, position: LogPosition, nowMs: number): void {
    this.#ids.set(id, position);
    this.#addedAt.push(nowMs);
    if (this.#ids.size > MAX_IDS) this.#forgetOldest();
  }

  /** Forgets what was added at this time or before. */
  expire(untilMs: number): void {
    while (this.size > 0 && this.#addedAt[this.#head]! <= untilMs) this.#forgetOldest();
  }

  #forgetOldest(): void {
    this.#ids.delete(this.#ids.keys().next().value!);
    this.#head++;
    if (this.#head < MIN_GAP || this.#head * 2 < this.#addedAt.length) return;
    this.#addedAt.splice(0, this.#head);
    this.#head = 0;
  }
}
