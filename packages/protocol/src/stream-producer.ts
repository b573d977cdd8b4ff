import { roughSize } from './rough-size.js';

/** How far ahead of its reader a stream may be. */
export interface StreamWindow {
  /** Items at most, whatever the reader allows. */
  readonly maxStreamCredit: number;
  /** Bytes of items that were sent and not consumed; one item may exceed it. */
  readonly streamHighWaterMarkBytes: number;
  /** How long the reader may ask for nothing, in ms. */
  readonly streamIdleTimeout: number;
}

/** Where a stream is produced: what carries its items, and the time. */
export interface ProducerPort {
  readonly window: StreamWindow;
  /** Undefined when a message can be sent now; else when it is worth looking again. */
  whenWritable(): Promise<unknown> | undefined;
  /** Calls back after so many ms, unless the function that it returns was called before. */
  startTimer(callback: () => void, delayMs: number): () => void;
  /** What the application's code threw when nobody waited for it any more. */
  report(error: unknown): void;
}

/** What becomes of a stream. Each number is the item's, from 1 on; the end has the next one. */
export interface ProducerEvents {
  onItem(data: unknown, number: number, asks: boolean): void;
  onEnd(result: unknown, number: number): void;
  onError(error: unknown, number: number): void;
  /** The reader asked for nothing for too long; the stream is cancelled. */
  onIdle(): void;
}

/**
 * The producing end of a stream. The application's iterator is advanced only when the reader has room for the next
 * item and the connection for its message, so that a reader who stops stops the application, too. `return()` of the
 * iterator runs exactly once unless it has come to its end.
 *
 *   waiting for credit ⇄ waiting for room ⇄ waiting for the item ──end, error, cancel()──▶ over
 */
export class StreamProducer {
  readonly #iterable: AsyncIterable<unknown>;
  #iterator: AsyncIterator<unknown> | undefined;
  readonly #events: ProducerEvents;
  readonly #port: ProducerPort;
  #isOver = false;
  /** Ends the wait for credit. */
  #wake: (() => void) | undefined;
  #sent = 0;
  #consumed = 0;
  /** What the reader allowed first: it is that far ahead of what it has consumed. */
  #firstCredit = 0;
  /** Bytes of each item that was sent and not consumed, oldest first. */
  #sizes: number[] = [];
  #bytes = 0;
  /** Sent since the reader was asked last. */
  #unaskedBytes = 0;
  #unaskedItems = 0;

  /** Starts at once. `credit` is what the reader allows. */
  constructor(
    iterable: AsyncIterable<unknown>,
    credit: number,
    events: ProducerEvents,
    port: ProducerPort,
  ) {
    this.#iterable = iterable;
    this.#firstCredit = credit;
    this.#events = events;
    this.#port = port;
    this.#run();
  }

  /** The reader allows so many items altogether; whether that tells anything new. */
  grant(upTo: number): boolean {
    const isFirst = this.#firstCredit === 0 && upTo > 0;
    this.#firstCredit ||= upTo;
    const consumed = Math.min(upTo - this.#firstCredit, this.#sent);
    const isMore = isFirst || consumed > this.#consumed;
    for (; this.#consumed < consumed; this.#consumed++) {
      this.#bytes -= this.#sizes.shift()!;
    }
    this.#wake?.();
    return isMore;
  }

  /** Nobody reads any more. Harmless after the end. */
  cancel(): void {
    if (this.#isOver) {
      return;
    }
    this.#isOver = true;
    this.#wake?.();
    this.#leave();
  }

  /** May throw, as a `ReadableStream` does that somebody else reads. */
  #open(): AsyncIterator<unknown> {
    this.#iterator ??= this.#iterable[Symbol.asyncIterator]();
    return this.#iterator;
  }

  /** A generator that is awaiting something hears of it when that is done. */
  async #leave(): Promise<void> {
    try {
      await this.#open().return?.();
    } catch (error) {
      this.#port.report(error);
    }
  }

  async #run(): Promise<void> {
    // The owner has to know the stream before anything of the application runs.
    await undefined;
    while (await this.#mayAdvance()) {
      let done: boolean | undefined;
      let value: unknown;
      try {
        // An iterator of the application may answer with nothing at all, which throws here.
        ({ done, value } = await this.#open().next());
      } catch (error) {
        if (this.#isOver) {
          this.#port.report(error);
          return;
        }
        this.#isOver = true;
        this.#events.onError(error, this.#sent + 1);
        return;
      }
      if (this.#isOver) {
        return;
      }
      if (done) {
        this.#isOver = true;
        this.#events.onEnd(value, this.#sent + 1);
        return;
      }
      this.#send(value);
    }
  }

  /** Waits for credit and for room; false: the stream is over. */
  async #mayAdvance(): Promise<boolean> {
    while (!this.#isOver) {
      const blocked = this.#hasCredit() ? this.#port.whenWritable() : this.#credit();
      if (!blocked) {
        return true;
      }
      await blocked;
    }
    return false;
  }

  #hasCredit(): boolean {
    const { maxStreamCredit, streamHighWaterMarkBytes } = this.#port.window;
    return (
      this.#sent - this.#consumed < Math.min(this.#firstCredit, maxStreamCredit) &&
      this.#bytes < streamHighWaterMarkBytes
    );
  }

  /** Resolves when the reader has said something, or nothing for too long. */
  #credit(): Promise<void> {
    const { promise, resolve } = withResolver();
    const { streamIdleTimeout } = this.#port.window;
    const stopTimer = this.#port.startTimer(() => {
      this.cancel();
      this.#events.onIdle();
    }, streamIdleTimeout);
    this.#wake = () => {
      this.#wake = undefined;
      stopTimer();
      resolve();
    };
    return promise;
  }

  #send(data: unknown): void {
    try {
      this.#events.onItem(data, ++this.#sent, this.#count(roughSize(data)));
    } catch (error) {
      this.cancel();
      this.#events.onError(error, this.#sent);
    }
  }

  /** Counts an item; whether the reader has to be asked for credit, because it cannot know the window. */
  #count(size: number): boolean {
    const { maxStreamCredit, streamHighWaterMarkBytes } = this.#port.window;
    this.#sizes.push(size);
    this.#bytes += size;
    this.#unaskedBytes += size;
    const asks =
      this.#unaskedBytes * 2 >= streamHighWaterMarkBytes ||
      ++this.#unaskedItems * 2 >= maxStreamCredit;
    if (asks) {
      this.#unaskedBytes = 0;
      this.#unaskedItems = 0;
    }
    return asks;
  }
}

function withResolver(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((onDone) => {
    resolve = onDone;
  });
  return { promise, resolve };
}

/** What a handler returns that answers with a stream. */
export function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof (value as AsyncIterable<unknown> | null)?.[Symbol.asyncIterator] === 'function';
}
