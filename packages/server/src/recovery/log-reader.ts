import { formatPosition, type LogPage, type LogPosition } from '@asyngular/broker';
import { isAway, RETRY_MS } from './away.js';
import { type ChannelHost, type Delivery, PAGE_BYTES, PAGE_ENTRIES } from './channel-host.js';
import { indexAfter } from './recent-entries.js';

/** A piece of the log that follows a position. */
export interface FoundPage {
  readonly kind: 'page';
  readonly entries: readonly Delivery[];
  readonly top: LogPosition;
  readonly hasMore: boolean;
}

/** What a read has come to if it found nothing. `top` is where the log ends. */
export type NotFound =
  | { readonly kind: 'unreachable'; readonly top: LogPosition }
  | { readonly kind: 'failed'; readonly error: unknown };

export type ReadResult = FoundPage | NotFound;

type Done = (result: ReadResult) => void;

interface Request {
  readonly after: LogPosition;
  readonly waiting: Done[];
  /** It was unreachable once; copies of a log may lag, so that one such answer proves nothing. */
  isDoubted: boolean;
  /** It is asked for again later. */
  isPaused: boolean;
}

interface CachedPage extends FoundPage {
  readonly after: LogPosition;
}

/** How long after the first answer a position is asked for again that seems to be unreachable, in ms. */
const DOUBT_MS = 100;
/** Pages kept for others who come from nearly the same position. */
const MAX_PAGES = 16;
/** Requests among which the oldest position is looked for. */
const MAX_COMPARED = 256;

/**
 * Reads the log of one channel for all that are behind on it: one read at a time, from the oldest position that
 * somebody waits at, and whoever finds their position in its page needs none of their own.
 */
export class LogReader {
  readonly #host: ChannelHost;
  readonly #requests = new Map<string, Request>();
  #pages: CachedPage[] = [];
  #isReading = false;
  #isClosed = false;

  constructor(host: ChannelHost) {
    this.#host = host;
  }

  /** Reads what follows a position. A log in memory answers before the call returns. */
  read(after: LogPosition, done: Done): void {
    const key = formatPosition(after);
    const request = this.#requests.get(key);
    if (request !== undefined) {
      request.waiting.push(done);
      return;
    }
    this.#requests.set(key, { after, waiting: [done], isDoubted: false, isPaused: false });
    this.#next();
  }

  /** What follows a position in a page that was read lately. */
  cached(after: LogPosition): FoundPage | undefined {
    for (const page of this.#pages) {
      const index =
        formatPosition(page.after) === formatPosition(after) ? 0 : indexAfter(page.entries, after);
      if (index === undefined || index === page.entries.length) continue;
      return { ...page, entries: page.entries.slice(index) };
    }
    return undefined;
  }

  /** Forgets the pages: nobody is behind, or they may not be true any more. */
  forget(): void {
    this.#pages = [];
  }

  close(): void {
    this.#isClosed = true;
    this.#requests.clear();
    this.forget();
  }

  #next(): void {
    if (this.#isReading || this.#isClosed) return;
    const request = this.#oldest();
    if (request === undefined) return;
    this.#host.counters.reads++;
    const answer = this.#ask(request.after);
    // Those who take a page may ask for the next one, which waits until all have taken this one.
    this.#isReading = true;
    if (!(answer instanceof Promise)) {
      this.#taken(() => this.#take(request, answer, true));
      return;
    }
    answer.then(
      (page) => this.#taken(() => this.#take(request, page, false)),
      (error: unknown) => this.#taken(() => this.#fail(request, error)),
    );
  }

  #taken(take: () => void): void {
    if (!this.#isClosed) take();
    this.#isReading = false;
    this.#next();
  }

  #ask(after: LogPosition): LogPage | Promise<LogPage> {
    return this.#host.read({ after, limit: PAGE_ENTRIES, maxBytes: PAGE_BYTES });
  }

  #oldest(): Request | undefined {
    let oldest: Request | undefined;
    let compared = 0;
    for (const request of this.#requests.values()) {
      if (request.isPaused) continue;
      if (oldest === undefined || request.after.offset < oldest.after.offset) oldest = request;
      if (++compared === MAX_COMPARED) break;
    }
    return oldest;
  }

  #take(request: Request, { entries, top, reached, hasMore }: LogPage, isCertain: boolean): void {
    if (!reached) {
      this.#doubt(request, top, isCertain);
      return;
    }
    const { after } = request;
    const deliveries = entries.map((entry) => this.#host.wrap(entry));
    const page = { kind: 'page', after, entries: deliveries, top, hasMore } as const;
    this.#keep(page);
    this.#settle(request, page);
    for (const other of [...this.#requests.values()]) {
      const found = this.cached(other.after);
      if (found !== undefined) this.#settle(other, found);
    }
  }

  #doubt(request: Request, top: LogPosition, isCertain: boolean): void {
    if (isCertain || request.isDoubted) {
      this.#settle(request, { kind: 'unreachable', top });
      return;
    }
    request.isDoubted = true;
    this.#pause(request, DOUBT_MS);
  }

  #fail(request: Request, error: unknown): void {
    if (isAway(error)) this.#pause(request, RETRY_MS);
    else this.#settle(request, { kind: 'failed', error });
  }

  #pause(request: Request, ms: number): void {
    request.isPaused = true;
    this.#host.after(ms, () => {
      request.isPaused = false;
      this.#next();
    });
  }

  #settle(request: Request, result: ReadResult): void {
    this.#requests.delete(formatPosition(request.after));
    for (const done of request.waiting) done(result);
  }

  #keep(page: CachedPage): void {
    if (page.entries.length === 0) return;
    this.#pages.push(page);
    if (this.#pages.length > MAX_PAGES) this.#pages.shift();
  }
}
