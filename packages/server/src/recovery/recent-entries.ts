import { isSamePosition, type LogPosition } from '@asyngular/broker';
import { type ChannelHost, type Delivery, PAGE_BYTES, PAGE_ENTRIES } from './channel-host.js';
import { TextQueue } from './text-queue.js';

/** Dead places at the front that are tolerated before the arrays are rebuilt. */
const MAX_DEAD = PAGE_ENTRIES;

/** Longest text that is kept as bytes, in characters; few of those beyond would make its buffer large. */
const MAX_TEXT = 16_384;

/** What an entry takes beside its payload and its frame, about. */
const ENTRY_BYTES = 400;

/** Index of the first entry behind a position, if that is one of the entries, which are in order. */
export function indexAfter(
  entries: readonly Delivery[],
  position: LogPosition,
): number | undefined {
  const index = indexFrom(position.offset, 0, entries.length, (at) => entries[at]!.position.offset);
  const found = entries[index]?.position;
  return found !== undefined && isSamePosition(found, position) ? index + 1 : undefined;
}

/** Index of the first of ascending offsets that is not below another one. */
function indexFrom(
  offset: number,
  start: number,
  end: number,
  offsetAt: (index: number) => number,
): number {
  let low = start;
  let high = end;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (offsetAt(middle) < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The last publications that went to a channel's live subscribers, without a hole, so that most of those who were
 * away for a moment cost the log no read. At most 100 of them, and 256 KiB; fewer when all channels together have too many.
 *
 * Hardly any of them is ever asked for. So those that are texts are kept as numbers and bytes, and are made again for the
 * first who asks: as objects, each of which outlives two collections of garbage, they were an eighth of what a
 * publication through a service costs the server.
 */
export class RecentEntries {
  readonly #host: Pick<ChannelHost, 'recentBudget' | 'wrap'>;
  /** Of all entries: with another one everything begins anew. */
  #epoch = '';
  // Of each entry: its place, …
  #offsets: number[] = [];
  #tags: number[] = [];
  /** … how many bytes of `#texts` are its payload, … */
  #textBytes: number[] = [];
  /** … and itself, if it is no text, or was asked for. */
  #deliveries: (Delivery | undefined)[] = [];
  readonly #texts = new TextQueue();
  /** Entries before this one have been dropped. */
  #head = 0;
  #bytes = 0;
  /** They are all that the log ever had. */
  #isWhole = false;

  constructor(host: Pick<ChannelHost, 'recentBudget' | 'wrap'>) {
    this.#host = host;
  }

  /** Takes what the log ends with. */
  fill(deliveries: readonly Delivery[], isWhole: boolean): void {
    this.clear();
    this.#isWhole = isWhole;
    for (const delivery of deliveries) this.add(delivery);
  }

  add(delivery: Delivery): void {
    const { position } = delivery;
    const text = delivery.text && delivery.text.length <= MAX_TEXT ? delivery.text : undefined;
    if (position.epoch !== this.#epoch) {
      if (this.#offsets.length > this.#head) this.clear();
      this.#epoch = position.epoch;
    }
    this.#offsets.push(position.offset);
    this.#tags.push(position.tag);
    this.#textBytes.push(text ? this.#texts.push(text) : 0);
    this.#deliveries.push(text ? undefined : delivery);
    this.#count(this.#sizeOf(this.#offsets.length - 1), 1);
    if (this.#isTooMuch()) this.#trim();
  }

  /** What follows a position; `undefined` when that is not one of the last ones. */
  following(position: LogPosition): readonly Delivery[] | undefined {
    const index = this.#indexOf(position);
    return index === undefined ? undefined : this.#from(index + 1);
  }

  has(position: LogPosition): boolean {
    return this.#indexOf(position) !== undefined;
  }

  /** The newest ones; `undefined` when there are not that many here. */
  newest(count: number): readonly Delivery[] | undefined {
    const start = this.#offsets.length - count;
    if (start >= this.#head) return this.#from(start);
    return this.#isWhole ? this.#from(this.#head) : undefined;
  }

  clear(): void {
    for (let index = this.#head; index < this.#offsets.length; index++) {
      this.#count(this.#sizeOf(index), -1);
    }
    this.#offsets = [];
    this.#tags = [];
    this.#textBytes = [];
    this.#deliveries = [];
    this.#texts.clear();
    this.#head = 0;
    this.#isWhole = false;
  }

  #indexOf({ epoch, offset, tag }: LogPosition): number | undefined {
    if (epoch !== this.#epoch) return undefined;
    const offsets = this.#offsets;
    const index = indexFrom(offset, this.#head, offsets.length, (at) => offsets[at]!);
    return offsets[index] === offset && this.#tags[index] === tag ? index : undefined;
  }

  #from(start: number): Delivery[] {
    let before = 0;
    for (let index = this.#head; index < start; index++) before += this.#textBytes[index]!;
    const found: Delivery[] = [];
    for (let index = start; index < this.#offsets.length; index++) {
      found.push(this.#deliveryAt(index, before));
      before += this.#textBytes[index]!;
    }
    return found;
  }

  /** An entry whose text is behind so many bytes. */
  #deliveryAt(index: number, before: number): Delivery {
    let delivery = this.#deliveries[index];
    if (delivery === undefined) {
      const payload = this.#texts.read(before, this.#textBytes[index]!);
      const [offset, tag] = [this.#offsets[index]!, this.#tags[index]!];
      delivery = this.#host.wrap({ position: { epoch: this.#epoch, offset, tag }, payload });
      // A crowd gets one and the same.
      this.#deliveries[index] = delivery;
    }
    return delivery;
  }

  #trim(): void {
    this.#isWhole = false;
    while (this.#isTooMuch()) this.#drop();
    if (this.#head <= MAX_DEAD) return;
    this.#offsets = this.#offsets.slice(this.#head);
    this.#tags = this.#tags.slice(this.#head);
    this.#textBytes = this.#textBytes.slice(this.#head);
    this.#deliveries = this.#deliveries.slice(this.#head);
    this.#head = 0;
  }

  /** The oldest one goes. */
  #drop(): void {
    const index = this.#head++;
    this.#count(this.#sizeOf(index), -1);
    this.#texts.shift(this.#textBytes[index]!);
    this.#deliveries[index] = undefined;
  }

  #isTooMuch(): boolean {
    const kept = this.#offsets.length - this.#head;
    if (kept > PAGE_ENTRIES || this.#bytes > PAGE_BYTES) return true;
    const { bytes, limitBytes } = this.#host.recentBudget;
    return kept > 1 && bytes > limitBytes;
  }

  #sizeOf(index: number): number {
    return this.#textBytes[index]! || this.#deliveries[index]!.bytes;
  }

  #count(bytes: number, sign: 1 | -1): void {
    this.#bytes += sign * bytes;
    this.#host.recentBudget.bytes += sign * (2 * bytes + ENTRY_BYTES);
  }
}
