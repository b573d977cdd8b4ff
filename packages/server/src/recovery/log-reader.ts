import { formatPosition, isSamePosition, type LogPage, type LogPosition } from '@asyngular/broker';
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
  readonly waiting: Set<Done>;
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

/**
 * Reads the log of one channel for all that are behind on it: one read at a time, from the oldest position that
 * somebody waits at, and those who find their position in its page need none of their own.
 */
export class LogReader {
  readonly #host: ChannelHost;
  readonly #requests = new Map<string, Request>();
  /** Those whose turn it is, the oldest position last. What comes meanwhile waits, so that nobody waits for ever. */
  #round: Request[] = [];
  #pages: CachedPage[] = [];
  #isReading = false;
  #isClosed = false;

  constructor(host: ChannelHost) {
    this.#host = host;
  }

  /**
   * Reads what follows a position. A log in memory answers before the call returns. The function returned takes the
   * request back.
   */
  read(after: LogPosition, done: Done): () => void {
    const key = formatPosition(after);
    let request = this.#requests.get(key);
    if (request === undefined) {
      request = { after, waiting: new Set([done]), isDoubted: false, isPaused: false };
      this.#requests.set(key, request);
      this.#next();
    } else {
      request.waiting.add(done);
    }
    const { waiting } = request;
    return () => {
      waiting.delete(done);
      if (waiting.size === 0 && this.#requests.get(key) === request) this.#requests.delete(key);
    };
  }

  /** What follows a position in a page that was read lately. */
  cached(after: LogPosition): FoundPage | undefined {
    for (const page of this.#pages) {
      const found = partAfter(page, after);
      if (found !== undefined) return found;
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
    const request = this.#due();
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

  /** The oldest position of this round, or of the next one: all that are left of this one may have been taken back. */
  #due(): Request | undefined {
    const due = this.#takeFromRound();
    if (due !== undefined) return due;
    this.#round = [...this.#requests.values()].sort((a, b) => b.after.offset - a.after.offset);
    return this.#takeFromRound();
  }

  #takeFromRound(): Request | undefined {
    for (let next = this.#round.pop(); next !== undefined; next = this.#round.pop()) {
      if (!next.isPaused && this.#isWanted(next)) return next;
    }
    return undefined;
  }

  #isWanted(request: Request): boolean {
    return this.#requests.get(formatPosition(request.after)) === request;
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
      const found = partAfter(page, other.after);
      if (found !== undefined) this.#settle(other, found);
    }
  }

  #doubt(request: Request, top: LogPosition, isCertain: boolean): void {
    if (!this.#isWanted(request)) return;
    if (isCertain || request.isDoubted) {
      this.#settle(request, { kind: 'unreachable', top });
      return;
    }
    request.isDoubted = true;
    this.#pause(request, DOUBT_MS);
  }

  #fail(request: Request, error: unknown): void {
    if (!this.#isWanted(request)) return;
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
    if (this.#isWanted(request)) this.#requests.delete(formatPosition(request.after));
    for (const done of request.waiting) done(result);
  }

  #keep(page: CachedPage): void {
    if (page.entries.length === 0) return;
    this.#pages.push(page);
    if (this.#pages.length > MAX_PAGES) this.#pages.shift();
  }
}

/** What follows a position in a page, if that has anything there. */
function partAfter(page: CachedPage, after: LogPosition): FoundPage | undefined {
  const index = isSamePosition(page.after, after) ? 0 : indexAfter(page.entries, after);
  if (index === undefined || index === page.entries.length) return undefined;
  // As it is for nearly everybody of a crowd.
  if (index === 0) return page;
  return { ...page, entries: page.entries.slice(index) };
}
