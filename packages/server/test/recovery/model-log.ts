import type { LiveEntry, LogEntry, LogPage, LogPosition, ReadOptions } from '@asyngular/broker';

/** One publication; `parent` is the one before it, whatever has become of the log since. */
export interface Fact {
  readonly id: number;
  readonly parent: number;
  readonly position: LogPosition;
}

/** The payload of a fact, as text. */
const payloadOf = (id: number) => String(id);

/**
 * A log that does everything a service may do to one: trim, expire, lose its last entries and give their offsets out
 * again, and be born anew. All that was ever published stays known, as a tree.
 */
export class ModelLog {
  readonly facts = new Map<string, Fact>();
  #entries: Fact[] = [];
  /** The log after each append, for reads from a copy that lags. */
  #versions: { readonly entries: readonly Fact[]; readonly top: Fact }[] = [];
  #top: Fact;
  #epochs = 0;
  #ids = 0;
  #nextOffset = 1;
  /** The predecessor of the next entry is not known to the log. */
  #isExpired = false;
  readonly size: number;

  constructor(size: number) {
    this.size = size;
    this.#top = this.#root();
  }

  get top(): LogPosition {
    return this.#top.position;
  }

  get length(): number {
    return this.#entries.length;
  }

  factAt({ epoch, offset, tag }: LogPosition): Fact | undefined {
    return this.facts.get(`${epoch}:${offset}:${tag}`);
  }

  append(): LiveEntry {
    const previous = this.#isExpired ? undefined : this.#top.position.offset;
    this.#isExpired = false;
    const { epoch } = this.#top.position;
    const fact = this.#keep({
      id: ++this.#ids,
      parent: this.#top.id,
      position: { epoch, offset: this.#nextOffset++, tag: this.#ids },
    });
    this.#remember();
    this.#entries.push(fact);
    if (this.#entries.length > this.size) this.#entries.shift();
    this.#top = fact;
    return { ...this.#entry(fact), previous };
  }

  trim(count: number): void {
    this.#entries.splice(0, count);
  }

  /** All entries are too old. */
  expire(): void {
    if (this.#entries.length > 0) this.#isExpired = true;
    this.#entries = [];
    this.#versions = [];
  }

  /** The last entries were accepted, and are gone; their offsets are given out again. */
  rollback(count: number): void {
    const lost = Math.min(count, this.#entries.length - 1);
    if (lost < 1) return;
    this.#entries.splice(-lost);
    this.#top = this.#entries.at(-1)!;
    this.#nextOffset = this.#top.position.offset + 1;
    this.#versions = [];
  }

  flush(): void {
    this.#entries = [];
    this.#nextOffset = 1;
    this.#isExpired = false;
    this.#versions = [];
    this.#top = this.#root();
  }

  /** `lag`: how many appends a copy of the log is behind. */
  read({ after, limit }: ReadOptions, lag = 0): LogPage {
    const { entries, top } = this.#version(lag);
    if (after === undefined) {
      return {
        entries: entries.slice(-limit).map(this.#entry),
        top: top.position,
        reached: true,
        hasMore: entries.length > limit,
      };
    }
    const start = this.#startAfter(after, entries, top);
    if (start === undefined)
      return { entries: [], top: top.position, reached: false, hasMore: false };
    const page = entries.slice(start, start + limit);
    return {
      entries: page.map(this.#entry),
      top: top.position,
      reached: true,
      hasMore: start + limit < entries.length,
    };
  }

  #version(lag: number): { readonly entries: readonly Fact[]; readonly top: Fact } {
    const old = lag === 0 ? undefined : this.#versions.at(-lag);
    return old ?? { entries: this.#entries, top: this.#top };
  }

  #startAfter(after: LogPosition, entries: readonly Fact[], top: Fact): number | undefined {
    const fact = this.factAt(after);
    if (fact === undefined || fact.position.epoch !== top.position.epoch) return undefined;
    if (fact === top) return entries.length;
    const index = entries.indexOf(fact);
    if (index >= 0) return index + 1;
    // The beginning of a log of which nothing is gone.
    return entries[0]?.parent === fact.id && fact.position.offset === 0 ? 0 : undefined;
  }

  readonly #entry = ({ id, position }: Fact): LogEntry => ({ position, payload: payloadOf(id) });

  #remember(): void {
    this.#versions.push({ entries: [...this.#entries], top: this.#top });
    if (this.#versions.length > 4) this.#versions.shift();
  }

  #root(): Fact {
    const epoch = `e${++this.#epochs}`;
    return this.#keep({ id: ++this.#ids, parent: 0, position: { epoch, offset: 0, tag: 0 } });
  }

  #keep(fact: Fact): Fact {
    const { epoch, offset, tag } = fact.position;
    this.facts.set(`${epoch}:${offset}:${tag}`, fact);
    return fact;
  }
}
