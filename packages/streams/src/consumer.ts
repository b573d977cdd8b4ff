import type { BacklogLedger, LaggingConsumer } from './backlog-ledger.js';
import { createBacklogLimitError, createTimeoutError } from './errors.js';
import type { AbortSignalLike, ConsumerOptions } from './options.js';
import { type Entry, PacketQueue } from './packet-queue.js';
import { platform } from './platform.js';
import { WaitingCalls } from './waiting-calls.js';
import { type Sleeper, wakeSoon } from './wake-queue.js';

/** What can be told about one consumer. */
export interface ConsumerStats {
  /** Unique in its stream, or in the whole demux, never reused. */
  id: number;
  /** Packets waiting, end markers included, the one being processed not. */
  backpressure: number;
  /** In ms; absent when the consumer waits for ever. */
  timeout?: number;
  /** Name of the sub-stream; only in the statistics of a demux. */
  stream?: string;
}

/** @internal Why a consumer leaves the lists of its stream. */
export type Departure = 'ended' | 'killed' | 'timed-out' | 'detached';

/** @internal The stream behind a consumer. */
export interface ConsumerHost<T> {
  readonly ledger: BacklogLedger;
  /** What statistics call the stream; only in a demux. */
  readonly label?: string;
  /** Registers `consumer`; returns the host it now belongs to (a demux may have a newer one). */
  attach(consumer: Consumer<T>): ConsumerHost<T>;
  detach(consumer: Consumer<T>, departure: Departure): void;
}

/** One cursor over a stream, with its own backlog. Buffers from its creation on. Meant for one loop;
 *  concurrent `next()` calls are answered in order, as if each had followed the one before.
 *
 *  registered ──end marker──▸ ended: reads on right after the marker at the next `next()`
 *     ▲  │ ├─────kill───────▸ killed: `next()` gives the kill value once, then as new
 *     │  │ ├────timeout─────▸ timed out: collects on while somebody references it
 *     │  │ └─return/abort───▸ detached: keeps nothing
 *     └──┴── any further `next()` registers it again
 *
 *  An ended or killed consumer also collects what is written in the rest of that macrotask. What a killed
 *  one collected is then released; after that it sees packets written after its next `next()`. */
export class Consumer<T = any> implements LaggingConsumer, Sleeper {
  /** Unique in its stream, or in the whole demux, never reused. */
  readonly id: number;
  /** Longest wait for one packet in ms; `undefined`: for ever. The clock runs only while `next()` waits
   *  with an empty backlog; a packet for this consumer resets it. */
  readonly timeout: number | undefined;
  /** `true` until the consumer took an end marker, was killed, timed out, or returned. */
  isAlive = false;
  /** @internal */
  ledgerIndex = -1;

  /** @internal The stream it belongs to. */
  host: ConsumerHost<T>;
  /** @internal What waits. While not alive: what it collected, which nobody counts. */
  readonly queue = new PacketQueue();
  readonly #calls = new WaitingCalls<IteratorResult<T, any>>();
  #isWaking = false;
  #timer: unknown;
  // Set while a kill was not yet seen by next().
  #unseenKill: IteratorReturnResult<any> | undefined;
  readonly #highWaterMark: number;
  readonly #options: ConsumerOptions;
  // Set when a packet was refused; nothing is accepted until next() reported it behind the backlog.
  #hasOverflowed = false;
  #onAbort: (() => void) | undefined;

  /** @internal Use `stream.createConsumer()`. `inherited`: the backlog of a parked position. */
  constructor(
    host: ConsumerHost<T>,
    id: number,
    options: ConsumerOptions,
    inherited: Iterable<Entry> = [],
  ) {
    this.host = host;
    this.id = id;
    this.timeout = options.timeout ?? undefined;
    this.#highWaterMark = options.highWaterMark ?? Number.POSITIVE_INFINITY;
    this.#options = options;
    for (const { value, done, size } of inherited) this.queue.push(value, done, size);
    if (options.signal?.aborted !== true) this.#register();
  }

  /** The next packet: `{ value, done: false }`, or the value of a close or kill with `done: true`.
   *  Rejects with a `TimeoutError`, a `BacklogLimitError` or the reason of the signal. May be called again
   *  after any of them, see the class. */
  next(): Promise<IteratorResult<T, any>> {
    if (this.#calls.isEmpty) {
      if (!this.isAlive) {
        if (this.#unseenKill !== undefined)
          return Promise.resolve(this.#takeKill(this.#unseenKill));
        const signal = this.#options.signal;
        if (signal?.aborted === true) return Promise.reject(signal.reason);
        this.#register();
      }
      if (this.queue.length !== 0) return Promise.resolve(this.#take());
      if (this.#hasOverflowed) return Promise.reject(this.#takeOverflow());
      this.#startTimer();
    }
    return this.#calls.join();
  }

  /** Detaches at once, drops the backlog and ends waiting `next()` calls with `{ value: undefined, done:
   *  true }`. Synchronous, may be called twice. `for await` calls it on `break`, `return` and `throw`. */
  return(): object {
    this.#leave('detached');
    this.discardCollected();
    this.#unseenKill = undefined;
    this.#endCalls(undefined);
    return {};
  }

  /** Drops the backlog and ends this consumer at once: a waiting `next()`, or else the next one, gives
   *  `{ value, done: true }`. Does nothing to a consumer that is not alive but drop what it collected. */
  kill(value?: any): void {
    const wasAlive = this.isAlive;
    const wasWaiting = !this.#calls.isEmpty;
    // While alive, the ledger must see the backlog go before it is cleared.
    this.#leave(wasAlive ? 'killed' : 'detached');
    this.discardCollected();
    if (wasWaiting) this.#endCalls(value);
    else if (wasAlive) this.#unseenKill = { value, done: true };
  }

  /** `{ id, backpressure }`, `timeout` when it has one, and in a demux `stream`. */
  getStats(): ConsumerStats {
    const { id, timeout, host } = this;
    return {
      id,
      backpressure: this.getBackpressure(),
      ...(timeout !== undefined && { timeout }),
      ...(host.label !== undefined && { stream: host.label }),
    };
  }

  /** Packets waiting, end markers included; 0 while not registered. Never negative. */
  getBackpressure(): number {
    return this.isAlive ? this.queue.length : 0;
  }

  /** Itself, so that a consumer can be looped over, and looped over again after a close.
   *  Typed as an `AsyncIterator`, whose `return` may be synchronous at run time (`for await` awaits it). */
  [Symbol.asyncIterator](): AsyncIterator<T, any, undefined> {
    return this as unknown as AsyncIterator<T, any, undefined>;
  }

  /** `return()`, for `using`. */
  [Symbol.dispose](): void {
    this.return();
  }

  /** `return()`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.return();
  }

  /** @internal Queues a packet. */
  write(value: T, size: number): void {
    if ((this.queue.length >= this.#highWaterMark || this.#hasOverflowed) && !this.#makeRoom())
      return;
    this.#enqueue(value, false, size);
  }

  /** @internal Queues an end marker. Never refused, but behind a full backlog two in a row are one. */
  close(value: unknown): void {
    if (this.#hasOverflowed) return;
    if (this.queue.length >= this.#highWaterMark && this.queue.endsWithMarker()) return;
    this.#enqueue(value, true, 0);
  }

  /** @internal */
  discardCollected(): void {
    this.queue.clear();
    this.#hasOverflowed = false;
  }

  /** @internal Serves the waiting calls, two microtasks after the write. */
  deliver(): void {
    this.#isWaking = false;
    while (!this.#calls.isEmpty) {
      if (!this.isAlive) this.#register();
      if (this.queue.length !== 0) this.#calls.shift().resolve(this.#take());
      else if (this.#hasOverflowed) this.#calls.shift().reject(this.#takeOverflow());
      else {
        this.#startTimer();
        return;
      }
    }
  }

  #enqueue(value: unknown, done: boolean, size: number): void {
    this.queue.push(value, done, size);
    if (!this.isAlive) return;
    this.host.ledger.enter(this, size);
    if (this.#calls.isEmpty) return;
    this.#stopTimer();
    if (this.#isWaking) return;
    this.#isWaking = true;
    wakeSoon(this);
  }

  #take(): IteratorResult<T, any> {
    const { value, done, size } = this.queue.shift();
    this.host.ledger.leave(this, size);
    if (done) this.#leave('ended');
    return { value, done };
  }

  #takeKill(kill: IteratorReturnResult<any>): IteratorReturnResult<any> {
    this.#unseenKill = undefined;
    // A loop that restarts right away must not miss what is written meanwhile.
    this.host.detach(this, 'killed');
    return kill;
  }

  #takeOverflow(): unknown {
    this.#hasOverflowed = false;
    this.#leave('detached');
    return createBacklogLimitError(this.#highWaterMark);
  }

  #makeRoom(): boolean {
    const { overflow = 'error' } = this.#options;
    this.#hasOverflowed = overflow === 'error';
    const dropped = overflow === 'drop-oldest' ? this.queue.dropOldestValue() : undefined;
    if (dropped !== undefined && this.isAlive) this.host.ledger.leave(this, dropped.size);
    return dropped !== undefined;
  }

  #endCalls(value: unknown): void {
    while (!this.#calls.isEmpty) this.#calls.shift().resolve({ value, done: true });
  }

  #register(): void {
    this.isAlive = true;
    this.host = this.host.attach(this);
    for (const { size } of this.queue) this.host.ledger.enter(this, size);
    const { signal } = this.#options;
    if (signal !== undefined) {
      this.#onAbort = () => this.#abort(signal);
      signal.addEventListener('abort', this.#onAbort);
    }
  }

  #leave(departure: Departure): void {
    this.#stopTimer();
    if (this.isAlive) {
      this.isAlive = false;
      for (const { size } of this.queue) this.host.ledger.leave(this, size);
    }
    if (this.#onAbort !== undefined) {
      this.#options.signal?.removeEventListener('abort', this.#onAbort);
      this.#onAbort = undefined;
    }
    this.host.detach(this, departure);
  }

  #abort(signal: AbortSignalLike): void {
    this.#leave('detached');
    this.discardCollected();
    while (!this.#calls.isEmpty) this.#calls.shift().reject(signal.reason);
  }

  #startTimer(): void {
    if (this.timeout === undefined || this.#timer !== undefined) return;
    this.#timer = platform.setTimeout(() => this.#elapse(), this.timeout);
  }

  #stopTimer(): void {
    if (this.#timer === undefined) return;
    platform.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #elapse(): void {
    this.#timer = undefined;
    this.#leave('timed-out');
    this.#calls.shift().reject(createTimeoutError('Stream consumer iteration timed out'));
    // Calls behind the one that timed out wait on, with a clock of their own.
    if (!this.#calls.isEmpty) this.deliver();
  }
}
