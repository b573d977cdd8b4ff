import { isSamePosition, type LogPosition } from '@asyngular/broker';
import { type Delivery, PAGE_BYTES, PAGE_ENTRIES, type RecentBudget } from './channel-host.js';

/** Dead places at the front that are tolerated before the array is rebuilt. */
const MAX_DEAD = PAGE_ENTRIES;

/** What an entry takes beside its payload and its frame, about. */
const ENTRY_BYTES = 400;

/** Index of the first entry behind a position, if that is one of the entries, which are in order. */
export function indexAfter(
  entries: readonly Delivery[],
  position: LogPosition,
  start = 0,
): number | undefined {
  let low = start;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (entries[middle]!.position.offset < position.offset) low = middle + 1;
    else high = middle;
  }
  const found = entries[low]?.position;
  return found !== undefined && isSamePosition(found, position) ? low + 1 : undefined;
}

/**
 * The last publications that went to a channel's live subscribers, without a hole, so that most of those who were
 * away for a moment cost the log no read. At most 100 of them, and 256 KiB; fewer when all channels together have too many.
 */
export class RecentEntries {
  #entries: Delivery[] = [];
  /** Entries before this one have been dropped. */
  #head = 0;
  #bytes = 0;
  /** They are all that the log ever had. */
  #isWhole = false;
  readonly #budget: RecentBudget;

  constructor(budget: RecentBudget) {
    this.#budget = budget;
  }

  /** Takes what the log ends with. */
  fill(deliveries: readonly Delivery[], isWhole: boolean): void {
    this.clear();
    this.#isWhole = isWhole;
    for (const delivery of deliveries) this.add(delivery);
  }

  add(delivery: Delivery): void {
    this.#entries.push(delivery);
    this.#count(delivery, 1);
    if (this.#isTooMuch()) this.#trim();
  }

  /** What follows a position; `undefined` when that is not one of the last ones. */
  following(position: LogPosition): readonly Delivery[] | undefined {
    const index = indexAfter(this.#entries, position, this.#head);
    return index === undefined ? undefined : this.#entries.slice(index);
  }

  has(position: LogPosition): boolean {
    return indexAfter(this.#entries, position, this.#head) !== undefined;
  }

  /** The newest ones; `undefined` when there are not that many here. */
  newest(count: number): readonly Delivery[] | undefined {
    const start = this.#entries.length - count;
    if (start >= this.#head) return this.#entries.slice(start);
    return this.#isWhole ? this.#entries.slice(this.#head) : undefined;
  }

  clear(): void {
    for (const delivery of this.#entries.slice(this.#head)) this.#count(delivery, -1);
    this.#entries = [];
    this.#head = 0;
    this.#isWhole = false;
  }

  #trim(): void {
    this.#isWhole = false;
    while (this.#isTooMuch()) this.#count(this.#entries[this.#head++]!, -1);
    if (this.#head <= MAX_DEAD) return;
    this.#entries = this.#entries.slice(this.#head);
    this.#head = 0;
  }

  #isTooMuch(): boolean {
    const kept = this.#entries.length - this.#head;
    if (kept > PAGE_ENTRIES || this.#bytes > PAGE_BYTES) return true;
    return kept > 1 && this.#budget.bytes > this.#budget.limitBytes;
  }

  #count({ bytes }: Delivery, sign: 1 | -1): void {
    this.#bytes += sign * bytes;
    this.#budget.bytes += sign * (2 * bytes + ENTRY_BYTES);
  }
}
