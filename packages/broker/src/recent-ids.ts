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
  readonly #ids = new Map<string, LogPosition>();
  /**
   * The ids, oldest first, from `#head` on, and when each was added. The Map is in the same order, but finding its
   * oldest key means stepping over all that were deleted before. Whole ms: small integers need no object.
   */
  readonly #order: string[] = [];
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
    this.#order.push(id);
    this.#addedAt.push(nowMs);
    if (this.#ids.size > MAX_IDS) this.#forgetOldest();
  }

  /** Forgets what was added at this time or before. */
  expire(untilMs: number): void {
    while (this.size > 0 && this.#addedAt[this.#head]! <= untilMs) this.#forgetOldest();
  }

  #forgetOldest(): void {
    this.#ids.delete(this.#order[this.#head]!);
    this.#head++;
    if (this.#head < MIN_GAP || this.#head * 2 < this.#addedAt.length) return;
    this.#order.splice(0, this.#head);
    this.#addedAt.splice(0, this.#head);
    this.#head = 0;
  }
}
