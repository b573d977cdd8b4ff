/** The end of an iteration inside a backlog. A class of our own, so that no user value can be taken for one. */
export class EndMarker {
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }
}

const COMPACT_AT = 512;

/** First-in-first-out list of values and end markers with O(1) `push` and `shift`.
 *  Invariant: live entries are `#entries[#head..]`; slots before `#head` are `undefined`, so a shifted
 *  packet is collectable at once. `#sizes`, when kept, runs parallel to `#entries`. */
export class PacketQueue {
  #entries: unknown[] = [];
  #sizes: number[] | undefined;
  #head = 0;
  /** Number of entries, values and end markers alike. */
  length = 0;
  /** Size of the entry the last `shift()` returned. */
  shiftedSize = 0;

  /** `isSized`: remember the size of every entry (only needed when somebody meters them). */
  constructor(isSized: boolean) {
    if (isSized) this.#sizes = [];
  }

  push(entry: unknown, size: number): void {
    this.#entries.push(entry);
    this.#sizes?.push(size);
    this.length++;
  }

  /** Takes the oldest entry out. Only called when `length > 0`. */
  shift(): unknown {
    const entries = this.#entries;
    const sizes = this.#sizes;
    this.length--;
    if (this.length === 0) {
      // pop() keeps the array's capacity: an idle loop allocates no storage per packet.
      const entry = entries.pop();
      if (sizes !== undefined) this.shiftedSize = sizes.pop() as number;
      if (this.#head !== 0) this.#reset();
      return entry;
    }
    const head = this.#head++;
    const entry = entries[head];
    entries[head] = undefined;
    if (sizes !== undefined) this.shiftedSize = sizes[head] as number;
    if (this.#head >= COMPACT_AT && this.#head > this.length) this.#compact();
    return entry;
  }

  /** Takes the oldest value out, leaving end markers where they are. `false` when there is none. */
  dropOldestValue(): boolean {
    for (let index = this.#head; index < this.#entries.length; index++) {
      if (this.#entries[index] instanceof EndMarker) continue;
      if (index === this.#head) {
        this.shift();
        return true;
      }
      this.#entries.splice(index, 1);
      if (this.#sizes !== undefined) this.shiftedSize = this.#sizes.splice(index, 1)[0] as number;
      this.length--;
      return true;
    }
    return false;
  }

  /** Whether the newest entry is an end marker. */
  endsWithMarker(): boolean {
    return this.length !== 0 && this.#entries[this.#entries.length - 1] instanceof EndMarker;
  }

  /** Calls `visit` with the size of every entry; sizes are 0 when they are not kept. */
  forEachSize(visit: (size: number) => void): void {
    for (let index = this.#head; index < this.#entries.length; index++) {
      visit(this.#sizes?.[index] ?? 0);
    }
  }

  /** Appends every entry of `other`, which keeps its own. */
  pushAll(other: PacketQueue): void {
    for (let index = other.#head; index < other.#entries.length; index++) {
      this.push(other.#entries[index], other.#sizes?.[index] ?? 0);
    }
  }

  clear(): void {
    this.length = 0;
    if (this.#entries.length !== 0) this.#reset();
  }

  #reset(): void {
    this.#head = 0;
    this.#entries = [];
    if (this.#sizes !== undefined) this.#sizes = [];
  }

  #compact(): void {
    this.#entries = this.#entries.slice(this.#head);
    if (this.#sizes !== undefined) this.#sizes = this.#sizes.slice(this.#head);
    this.#head = 0;
  }
}
