import type { BrokerPayload } from './broker.js';
import type { LiveEntry, LogPage, LogPolicy, LogPosition, ReadOptions } from './log.js';
import { payloadBytes } from './payload-bytes.js';

/** Room of trimmed entries that is given back at once rather than one by one. */
const MIN_GAP = 32;

/**
 * The publications of one log, in memory: `first … top`, offsets without a gap. What `append()` returned is what
 * `read()` returns, so whatever is remembered about an entry (its frame) stays good.
 */
export class LogRing {
  /** The epoch of every position in it. */
  readonly epoch: string;
  /** Oldest first from `#head` on; what is before it has been trimmed. */
  readonly #entries: LiveEntry[] = [];
  #head = 0;
  #bytes = 0;
  /** The newest position. */
  #top: LogPosition;
  /** The position before the oldest entry: all that follows it is here. */
  #floor: LogPosition;

  /** `top`: where a log ended whose publications are gone; by default a log begins. */
  constructor(epoch: string, top: LogPosition = { epoch, offset: 0, tag: 0 }) {
    this.epoch = epoch;
    this.#top = top;
    this.#floor = top;
  }

  /** The newest position. */
  get top(): LogPosition {
    return this.#top;
  }

  /** The offset before the oldest entry. */
  get floor(): number {
    return this.#floor.offset;
  }

  /** Publications kept. */
  get length(): number {
    return this.#entries.length - this.#head;
  }

  /** Payload bytes kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Adds a publication and lets go of what the policy has no room for. */
  append(payload: BrokerPayload, tag: number, policy: LogPolicy, except?: string): LiveEntry {
    const previous = this.#top.offset;
    const position = { epoch: this.epoch, offset: previous + 1, tag };
    const entry = { position, payload, previous, except };
    this.#entries.push(entry);
    this.#top = position;
    this.#bytes += payloadBytes(payload);
    while (this.length > policy.size || (this.#bytes > policy.maxBytes && this.length > 1)) {
      this.#trimOldest();
    }
    return entry;
  }

  /** Lets go of all publications, and keeps its place. */
  clear(): void {
    this.#entries.length = 0;
    this.#head = 0;
    this.#bytes = 0;
    this.#floor = this.#top;
  }

  /** See `ChannelLog.read()`. */
  read({ after, before, limit, maxBytes }: ReadOptions): LogPage {
    if (after) {
      return this.#reaches(after)
        ? this.#pageFrom(after.offset - this.#floor.offset, limit, maxBytes)
        : this.#emptyPage(false);
    }
    if (!before) return this.#pageUpTo(this.length, limit, maxBytes);
    if (!this.#has(before)) return this.#emptyPage(false);
    const end = before.offset - this.#floor.offset - 1;
    return end > 0 ? this.#pageUpTo(end, limit, maxBytes) : this.#emptyPage(true);
  }

  /** Whether everything behind a position is here, and the position is one of this log. */
  #reaches(position: LogPosition): boolean {
    return position.offset >= this.#floor.offset && this.#has(position);
  }

  /** Whether a position is one of this log, as far as the log can still know. */
  #has({ epoch, offset, tag }: LogPosition): boolean {
    if (epoch !== this.epoch || offset > this.#top.offset || offset < 0) return false;
    if (offset < this.#floor.offset) return true;
    if (offset === this.#floor.offset) return tag === this.#floor.tag;
    return tag === this.#at(offset - this.#floor.offset - 1).position.tag;
  }

  /** The entry at an index, 0 being the oldest. */
  #at(index: number): LiveEntry {
    return this.#entries[this.#head + index]!;
  }

  #pageFrom(begin: number, limit: number, maxBytes: number): LogPage {
    const entries: LiveEntry[] = [];
    let room = maxBytes;
    let index = begin;
    for (; index < this.length && entries.length < limit; index++) {
      const entry = this.#at(index);
      room -= payloadBytes(entry.payload);
      if (room < 0 && entries.length > 0) break;
      entries.push(entry);
    }
    return { entries, top: this.#top, reached: true, hasMore: index < this.length };
  }

  #pageUpTo(end: number, limit: number, maxBytes: number): LogPage {
    const entries: LiveEntry[] = [];
    let room = maxBytes;
    let index = end;
    for (; index > 0 && entries.length < limit; index--) {
      const entry = this.#at(index - 1);
      room -= payloadBytes(entry.payload);
      if (room < 0 && entries.length > 0) break;
      entries.push(entry);
    }
    return { entries: entries.reverse(), top: this.#top, reached: true, hasMore: index > 0 };
  }

  #emptyPage(reached: boolean): LogPage {
    return { entries: [], top: this.#top, reached, hasMore: false };
  }

  #trimOldest(): void {
    const entry = this.#at(0);
    this.#floor = entry.position;
    this.#bytes -= payloadBytes(entry.payload);
    this.#head++;
    if (this.#head < MIN_GAP || this.#head * 2 < this.#entries.length) return;
    this.#entries.splice(0, this.#head);
    this.#head = 0;
  }
}
