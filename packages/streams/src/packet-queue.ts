/** A packet inside a backlog: a value, or with `done` the end of an iteration. */
export interface Entry {
  readonly value: any;
  readonly done: boolean;
  /** In the writer's unit, for the meter. */
  readonly size: number;
  next: Entry | undefined;
}

/** First-in-first-out list of values and end markers. */
export class PacketQueue {
  #first: Entry | undefined;
  #last: Entry | undefined;
  /** Number of entries, values and end markers alike. */
  length = 0;

  push(value: unknown, done: boolean, size: number): void {
    const entry: Entry = { value, done, size, next: undefined };
    if (this.#last === undefined) this.#first = entry;
    else this.#last.next = entry;
    this.#last = entry;
    this.length++;
  }

  /** Takes the oldest entry out. Only called when `length > 0`. */
  shift(): Entry {
    return this.#remove(undefined, this.#first as Entry);
  }

  /** Takes the oldest value out, leaving end markers where they are; `undefined` when there is none. */
  dropOldestValue(): Entry | undefined {
    let previous: Entry | undefined;
    for (const entry of this) {
      if (!entry.done) return this.#remove(previous, entry);
      previous = entry;
    }
    return undefined;
  }

  /** Whether the newest entry is an end marker. */
  endsWithMarker(): boolean {
    return this.#last?.done === true;
  }

  clear(): void {
    this.#first = undefined;
    this.#last = undefined;
    this.length = 0;
  }

  *[Symbol.iterator](): Iterator<Entry> {
    for (let entry = this.#first; entry !== undefined; entry = entry.next) yield entry;
  }

  #remove(previous: Entry | undefined, entry: Entry): Entry {
    if (previous === undefined) this.#first = entry.next;
    else previous.next = entry.next;
    if (entry.next === undefined) this.#last = previous;
    this.length--;
    return entry;
  }
}
