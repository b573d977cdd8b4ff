import { InvalidMessageError } from '@asyngular/errors';
import { isDevelopment } from '@asyngular/errors/internal';
import type { StreamPart } from './stream-payloads.js';

/** What carries a stream to its reader. */
export interface ConsumerPort {
  /** The reader wants the first item. `credit` is what it takes at first. */
  onStart(credit: number): void;
  /** It takes so many items altogether. */
  onCredit(upTo: number): void;
  /** It has left before the end, or the producer does not keep to the credit; the producer may stop. */
  onLeave(): void;
  /** An item of so many bytes waits to be read; it has been read, or dropped. */
  onHold?(bytes: number): void;
  onRelease?(bytes: number): void;
}

interface Item<T> {
  readonly value: T;
  readonly asks: boolean;
  readonly bytes: number;
}

interface Waiter<T, Result> {
  resolve(step: IteratorResult<T, Result>): void;
  reject(error: unknown): void;
}

type Outcome<Result> = { readonly result: Result } | { readonly error: unknown };

/**
 * The reading end of a stream: an iterator whose backlog never exceeds what it has allowed. What had arrived before the
 * end is still read, then the end or its error follows, once. Leaving the loop ends it at once.
 *
 *   idle ──first next()──▶ open ──end(), fail()──▶ ending ──backlog read──▶ over
 *                            └───────return(), abort()────────────────────▶ over
 */
export class StreamConsumer<T = any, Result = any> implements AsyncIterableIterator<T> {
  readonly #port: ConsumerPort;
  readonly #highWaterMark: number;
  #isStarted = false;
  /** Set when nothing more is taken. */
  #outcome: Outcome<Result> | undefined;
  /** Whether somebody has got the outcome: only one reader does, and only once. */
  #isTold = false;
  #items: Item<T>[] = [];
  #waiters: Waiter<T, Result>[] = [];
  /** Number of the last item that has arrived, and how many were allowed and read. */
  #received = 0;
  #allowed = 0;
  #read = 0;
  /** Items of an earlier connection that wait to be read: the next one sends nothing until then. */
  #old = 0;

  /** `highWaterMark`: how many items may wait. */
  constructor(highWaterMark: number, port: ConsumerPort) {
    this.#highWaterMark = highWaterMark;
    this.#port = port;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Items that have arrived and were not read. */
  get backlog(): number {
    return this.#items.length;
  }

  next(): Promise<IteratorResult<T, Result>> {
    return new Promise((resolve, reject) => {
      const waiter = { resolve, reject };
      const item = this.#items.shift();
      if (item) {
        this.#port.onRelease?.(item.bytes);
        this.#hand(item, waiter);
      } else if (this.#outcome) {
        this.#settle(waiter, this.#outcome);
      } else {
        this.#waiters.push(waiter);
        this.#start();
      }
    });
  }

  return(result?: Result): Promise<IteratorResult<T, Result>> {
    this.#leave({ result: result as Result });
    this.#isTold = true;
    return Promise.resolve({ done: true, value: result as Result });
  }

  /** The producer, or the connection, is at its end; what has arrived is still read. */
  end(result: Result): void {
    this.#finish({ result });
  }

  fail(error: unknown): void {
    this.#finish({ error });
  }

  /** The reader gives up: it gets the error next, and nothing that has arrived. */
  abort(error: unknown): void {
    this.#leave({ error });
  }

  /** Whether it is the turn of the item of that number, or was before; others have to wait for it. */
  isDue(number: number): boolean {
    return number <= this.#received + 1;
  }

  /** A part has arrived: the end, an item, or the word that the stream is open. */
  acceptPart(part: StreamPart, data: unknown, bytes?: number): void {
    if (part.isEnd && this.isDue(part.number)) {
      this.end(data as Result);
    } else {
      this.accept(data as T, part, bytes);
    }
  }

  /** An item has arrived. One that was there already is ignored; one that was not asked for fails the stream. */
  accept(value: T, { number, asks }: Pick<StreamPart, 'number' | 'asks'>, bytes = 0): void {
    if (number <= this.#received || this.#outcome) {
      return;
    }
    if (number > Math.min(this.#received + 1, this.#allowed)) {
      this.abort(
        new InvalidMessageError(
          isDevelopment
            ? `Item ${number} of a stream came after item ${this.#received}, and ${this.#allowed} were asked for`
            : `${number}`,
        ),
      );
      return;
    }
    this.#received = number;
    const item = { value, asks, bytes };
    const waiter = this.#waiters.shift();
    if (waiter) {
      this.#hand(item, waiter);
    } else {
      this.#items.push(item);
      this.#port.onHold?.(bytes);
    }
  }

  /** The stream begins anew on another connection. Returns the credit to ask for it with. */
  restart(): number {
    this.#received = 0;
    this.#read = 0;
    this.#old = this.#items.length;
    this.#allowed = this.#old > 0 ? 0 : this.#highWaterMark;
    return this.#allowed;
  }

  #start(): void {
    if (!this.#isStarted) {
      this.#isStarted = true;
      this.#allowed = this.#highWaterMark;
      this.#port.onStart(this.#allowed);
    }
  }

  #hand({ value, asks }: Item<T>, waiter: Waiter<T, Result>): void {
    if (this.#old > 0) {
      if (--this.#old === 0) {
        this.#allow();
      }
    } else {
      const unsaid = ++this.#read + this.#highWaterMark - this.#allowed;
      if (asks || unsaid * 2 >= this.#highWaterMark) {
        this.#allow();
      }
    }
    waiter.resolve({ done: false, value });
  }

  #allow(): void {
    this.#allowed = this.#read + this.#highWaterMark;
    if (!this.#outcome) {
      this.#port.onCredit(this.#allowed);
    }
  }

  #finish(outcome: Outcome<Result>): void {
    if (this.#outcome) {
      return;
    }
    this.#outcome = outcome;
    for (const waiter of this.#waiters.splice(0)) {
      this.#settle(waiter, outcome);
    }
  }

  #settle({ resolve, reject }: Waiter<T, Result>, outcome: Outcome<Result>): void {
    if (this.#isTold) {
      resolve({ done: true, value: undefined as Result });
      return;
    }
    this.#isTold = true;
    if ('error' in outcome) {
      reject(outcome.error);
    } else {
      resolve({ done: true, value: outcome.result });
    }
  }

  /** Drops what waits, the end that may wait behind it included. */
  #leave(outcome: Outcome<Result>): void {
    for (const { bytes } of this.#items.splice(0)) {
      this.#port.onRelease?.(bytes);
    }
    const isEarly = !this.#outcome;
    this.#finish(outcome);
    this.#outcome = outcome;
    if (isEarly && this.#isStarted) {
      this.#port.onLeave();
    }
  }
}
