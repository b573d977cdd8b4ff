import { isSamePosition, type LiveEntry, type LogPosition } from '@asyngular/broker';
import { isAway, REFUSED_MS, RETRY_MS } from './away.js';
import { type ChannelHost, type Delivery, PAGE_BYTES, PAGE_ENTRIES } from './channel-host.js';
import type { FoundPage, LogReader, ReadResult } from './log-reader.js';
import { RecentEntries } from './recent-entries.js';
import { WaitingEntries } from './waiting-entries.js';

/** What a feed does to those who read from it. */
export interface FeedOwner {
  /** The next publication of the log; the cursor stands at it already. */
  onDelivery(delivery: Delivery): void;
  /** The log does not continue where the cursor was; it goes on at the new one. */
  onBreak(since: number): void;
  /** Nothing is known to be missing any more. */
  onLive(): void;
}

/** A publication of this server that is in the log, and has not come back. */
interface Expected {
  readonly position: LogPosition;
  readonly since: number;
  readonly resolve: () => void;
}

/** How often a log is asked for entries that were announced and that it does not show, before they are given up. */
const MAX_TRIES = 3;
/** Pause before the first of these; it doubles. */
const TRY_MS = 50;
/** How long a publication of this server may take to come back, before it is read from the log. */
const OVERDUE_MS = 1_000;

/**
 * Where this server is in the log of one channel. Entries go on in the log's order, each once: a live entry that follows
 * the cursor at once, any other one behind what the log has between. Everybody live is where the cursor is.
 *
 * ```
 *  new ── the log's end is known ──▶ live ── an entry does not follow ──▶ reading
 *                                     ▲ │                                  ▲  │
 *                                     │ └─ connection lost ─▶ suspect ─────┘  │
 *                                     └────────── nothing is missing ◀────────┘
 * ```
 *
 * A suspect feed holds back what comes until the log was seen to end at the cursor, or was read from it.
 */
export class ChannelFeed {
  /** The position delivered last; where the log ended when the feed began. */
  cursor: LogPosition = { epoch: '', offset: 0, tag: 0 };
  readonly recent: RecentEntries;
  readonly #host: ChannelHost;
  readonly #reader: LogReader;
  readonly #owner: FeedOwner;
  #state: 'new' | 'live' | 'suspect' | 'reading' = 'new';
  /** The connection to the log was lost: after that it may have another history. */
  #isSuspect = false;
  /** Whether reading takes time, so that the last entries are worth keeping. */
  #isRemote = false;
  /** When nothing was missing for the last time, in monotonic ms. */
  #provenAt = 0;
  /** When the publication at the cursor was published, if that is known. */
  #publishedAt = Number.NEGATIVE_INFINITY;
  /** Live entries that do not follow the cursor yet. */
  readonly #waiting = new WaitingEntries();
  /** A place that the log is known to have reached. */
  #goal: LogPosition | undefined;
  #tries = 0;
  /** Where the cursor was when the log was seen to end elsewhere. */
  #doubted: LogPosition | undefined;
  /** Publications of this server that are in the log and not delivered here. */
  #expected: Expected[] = [];
  #isWatching = false;
  #isClosed = false;

  constructor(host: ChannelHost, reader: LogReader, owner: FeedOwner) {
    this.#host = host;
    this.recent = new RecentEntries(host);
    this.#reader = reader;
    this.#owner = owner;
  }

  /** It is known where the log ended. */
  get hasBegun(): boolean {
    return this.#state !== 'new';
  }

  /** Nothing is known to be missing. */
  get isLive(): boolean {
    return this.#state === 'live';
  }

  /** The log is followed already. Finds out where it ends; live entries wait until then. */
  begin(): void | Promise<void> {
    if (this.#isClosed) return;
    const page = this.#host.read({ limit: PAGE_ENTRIES, maxBytes: PAGE_BYTES });
    this.#host.counters.reads++;
    this.#isRemote = page instanceof Promise;
    const start = ({ entries, top, hasMore }: Awaited<typeof page>) => {
      if (this.#isClosed) return;
      if (this.#isRemote) {
        const isWhole = !hasMore && (entries.length > 0 || top.offset === 0);
        this.recent.fill(
          entries.map((entry) => this.#host.wrap(entry)),
          isWhole,
        );
      }
      // A copy of the log that lags shows less than the top; the rest is read.
      this.cursor = entries.at(-1)?.position ?? top;
      this.#goal = top;
      this.#settle();
    };
    return page instanceof Promise ? page.then(start) : start(page);
  }

  /** A live entry. */
  receive(entry: LiveEntry): void {
    if (this.#state !== 'live') {
      this.#waiting.add(entry);
    } else if (this.#follows(entry)) {
      this.#advance(this.#host.wrap(entry), this.#host.now());
    } else if (!this.recent.has(entry.position) && !isSamePosition(entry.position, this.cursor)) {
      this.#waiting.add(entry);
      this.#host.counters.gaps++;
      this.fill();
    }
  }

  /** What comes next may belong to another history, until the ends have been compared. */
  suspect(): void {
    this.#isSuspect = true;
    this.#waiting.clear();
    this.#reader.forget();
    if (this.#state === 'live') this.#state = 'suspect';
  }

  /** The log was seen to end there. Returns whether to look again soon: feeds lag, and so do logs. */
  compare(top: LogPosition): boolean {
    if (this.#state === 'new' || this.#state === 'reading') return this.#isSuspect;
    const { cursor } = this;
    const isSame = isSamePosition(top, cursor);
    if (this.#isSuspect) {
      this.#isSuspect = false;
      this.#goal = top;
      if (isSame) this.#settle();
      else this.fill();
      return false;
    }
    // A log in this process announces all that it takes: if it ends elsewhere it has been forgotten, and nobody live missed
    // anything. They hear of it with the next publication, or when they come back.
    if (isSame || !this.#isRemote) {
      this.#provenAt = this.#host.now();
      this.#doubted = undefined;
      return false;
    }
    if (this.#doubted !== cursor) {
      this.#doubted = cursor;
      return true;
    }
    this.#doubted = undefined;
    this.#host.counters.healed++;
    this.seek(top);
    return false;
  }

  /** Reads what follows the cursor, and goes on from there. */
  fill(): void {
    if (this.#state === 'new' || this.#state === 'reading' || this.#isClosed) return;
    this.#state = 'reading';
    this.#read();
  }

  /** The log is known to have that position, which this server has not got to. */
  seek(position: LogPosition): void {
    this.#goal = position;
    this.fill();
  }

  /** Settles once a publication that is in the log has been delivered here, or never will be. */
  whenDelivered(position: LogPosition): void | Promise<void> {
    if (this.#hasPassed(position) || this.#isClosed) return;
    return new Promise((resolve) => {
      this.#expected.push({ position, resolve, since: this.#host.now() });
      this.#watch();
    });
  }

  close(): void {
    this.#isClosed = true;
    this.recent.clear();
    this.#waiting.clear();
    for (const { resolve } of this.#expected) resolve();
    this.#expected = [];
  }

  #hasPassed({ epoch, offset }: LogPosition): boolean {
    return epoch !== this.cursor.epoch || offset <= this.cursor.offset;
  }

  #follows({ position, previous }: LiveEntry): boolean {
    const { epoch, offset } = this.cursor;
    if (position.epoch !== epoch || position.offset <= offset) return false;
    if (previous !== undefined) return previous === offset;
    // The one before has expired. That cannot be the one at the cursor if it is young; half, because clocks differ.
    return this.#host.now() - this.#publishedAt > this.#host.ttlMs / 2;
  }

  #advance(delivery: Delivery, publishedAt = Number.NEGATIVE_INFINITY): void {
    this.cursor = delivery.position;
    this.#publishedAt = publishedAt;
    if (this.#isRemote) this.recent.add(delivery);
    this.#owner.onDelivery(delivery);
    if (this.#expected.length > 0) this.#release();
  }

  /** Reads publications of this server that do not come back. */
  #watch(): void {
    if (this.#isWatching) return;
    this.#isWatching = true;
    this.#host.after(OVERDUE_MS, () => {
      this.#isWatching = false;
      const oldest = this.#expected[0];
      if (oldest === undefined) return;
      if (this.#host.now() - oldest.since >= OVERDUE_MS) {
        this.seek(oldest.position);
      }
      this.#watch();
    });
  }

  #release(): void {
    this.#expected = this.#expected.filter(({ position, resolve }) => {
      if (!this.#hasPassed(position)) return true;
      resolve();
      return false;
    });
  }

  #read(): void {
    this.#reader.read(this.cursor, (result) => {
      if (!this.#isClosed) this.#take(result);
    });
  }

  #take(result: ReadResult): void {
    switch (result.kind) {
      case 'unreachable':
        this.#break(result.top);
        return;
      case 'failed':
        this.#host.warn(result.error);
        this.#host.after(REFUSED_MS, () => this.#read());
        return;
      case 'page':
        this.#takePage(result);
    }
  }

  #takePage({ entries, top, hasMore }: FoundPage): void {
    for (const delivery of entries) this.#advance(delivery);
    if (entries.length > 0) this.#tries = 0;
    if (hasMore) {
      this.#read();
      return;
    }
    if (this.#goal === undefined || this.#hasPassed(this.#goal)) this.#goal = top;
    this.#settle();
  }

  /** Goes on with what waits, and is live if nothing is missing any more. */
  #settle(): void {
    if (this.#isSuspect) {
      this.#state = 'suspect';
      return;
    }
    this.#waiting.take((entry) => {
      const { epoch, offset } = entry.position;
      if (this.#follows(entry)) this.#advance(this.#host.wrap(entry));
      return epoch === this.cursor.epoch && offset <= this.cursor.offset;
    });
    const isBehind = this.#goal !== undefined && !this.#hasPassed(this.#goal);
    if ((this.#waiting.isMissing || isBehind) && this.#tries < MAX_TRIES) {
      this.#state = 'reading';
      this.#waiting.forgetCrowd();
      this.#host.after(TRY_MS * 2 ** this.#tries++, () => {
        if (!this.#isClosed) this.#read();
      });
      return;
    }
    // What the log does not have after all this was announced, and lost.
    this.#goLive();
  }

  #goLive(): void {
    this.#state = 'live';
    this.#provenAt = this.#host.now();
    this.#waiting.clear();
    this.#goal = undefined;
    this.#tries = 0;
    this.#owner.onLive();
  }

  /** The log is another one, or does not go back to the cursor. A new one is taken up at its beginning, if that is there. */
  #break(top: LogPosition): void {
    const beginning = { epoch: top.epoch, offset: 0, tag: 0 };
    if (top.epoch === this.cursor.epoch) {
      this.#restart();
      return;
    }
    this.#reader.read(beginning, (result) => {
      if (this.#isClosed) return;
      if (result.kind !== 'page') {
        this.#restart();
        return;
      }
      this.#moveTo(beginning);
      this.#takePage(result);
    });
  }

  /** Goes on at the log's end, with as many publications before it as a new subscription gets. */
  async #restart(): Promise<void> {
    if (this.#isClosed) return;
    const { rewind } = this.#host;
    this.#host.counters.reads++;
    try {
      const { entries, top } = await this.#host.read({
        limit: Math.max(1, rewind),
        maxBytes: this.#host.maxBytes,
      });
      if (this.#isClosed) return;
      this.#moveTo(top);
      if (rewind > 0) for (const entry of entries) this.#advance(this.#host.wrap(entry));
      this.#goal = top;
      this.#settle();
    } catch (error) {
      if (this.#isClosed) return;
      if (!isAway(error)) this.#host.warn(error);
      this.#host.after(isAway(error) ? RETRY_MS : REFUSED_MS, () => this.#restart());
    }
  }

  #moveTo(position: LogPosition): void {
    const since = Math.max(this.#provenAt, this.#publishedAt);
    this.#reader.forget();
    this.recent.clear();
    this.cursor = position;
    this.#tries = 0;
    this.#goal = undefined;
    this.#host.counters.interruptions++;
    this.#owner.onBreak(since);
    this.#release();
  }
}
