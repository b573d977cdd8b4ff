import { TimeoutError } from '@asyngular/errors';
import { isDevelopment } from '@asyngular/errors/internal';
import { addAbortListener, removeAbortListener } from './abort-listeners.js';
import { Backlog, type BacklogCounter, type Packet } from './backlog.js';
import type { MeteredConsumer } from './backlog-meter.js';
import { type Disposal, defineDisposal } from './disposal.js';
import { type Limits, MAX_INT32 } from './options.js';
import { afterMacrotask, platform } from './platform.js';
import { isWatchedLength } from './unread-consumers.js';
import { wakeSoon } from './wake-queue.js';

/** Statistics of one consumer. */
export interface ConsumerStats {
  /** Unique in its stream, or in the whole demux, never reused. */
  id: number;
  /** Packets that wait, end markers included; the one being processed is not counted. */
  backpressure: number;
  /** In ms; absent when the consumer waits for ever. */
  timeout?: number;
  /** Name of the sub-stream; only in the statistics of a demux. */
  stream?: string;
}

/** @internal See `Consumer`. */
export type ConsumerState = 'alive' | 'ended' | 'killed' | 'asleep' | 'gone';

/** @internal What a consumer needs of the stream that it reads. */
export interface ConsumerStream<T> {
  /** What statistics call the stream. */
  readonly label: string | undefined;
  /** What all consumers of the owner share. */
  readonly root: BacklogCounter & {
    nextId(): number;
    onMoved(consumer: Consumer<T>): void;
    onBacklogGrown(consumer: Consumer<T>): void;
  };
  /** Puts `consumer` where it belongs in its new state, and returns the stream that it belongs to. */
  move(consumer: Consumer<T>, from: ConsumerState, to: ConsumerState): ConsumerStream<T>;
  /** Calls `visit` with every consumer of the stream, those that left and still collect included. */
  forEachConsumer(visit: (consumer: Consumer<T>) => void): void;
}

/** Settles a waiting call; with a rejected promise to reject it. */
type Settle<T> = (result: IteratorResult<T, any> | Promise<never>) => void;

/** What the next read of a consumer rejects with. */
class Failure {
  readonly error: Error;

  constructor(error: Error) {
    this.error = error;
  }
}

/** `[Symbol.dispose]` and `[Symbol.asyncDispose]` are `return()`, for `using` and `await using`. */
export interface Consumer<T = any> extends Disposal, MeteredConsumer {}

/** One cursor over a stream, with its own backlog. Buffers from its creation on. Meant for one loop;
 *  concurrent `next()` calls are answered in order, as if each had followed the one before.
 *
 *  alive ──end marker──▸ ended: reads on right after the marker at the next `next()`
 *   ▲ │ ├─────kill───────▸ killed: `next()` gives the kill value once, then as new
 *   │ │ ├────timeout─────▸ asleep: goes on collecting while somebody references it
 *   │ │ └─return/abort/shed─▸ gone: keeps nothing
 *   └─┴── any further `next()` brings it back
 *
 *  An ended or killed consumer also collects what is written in the rest of that macrotask. What a killed
 *  one collected is then released; after that it sees packets written after its next `next()`. */
export class Consumer<T = any> {
  static {
    // Not members of the class, because their declaration has to compile where the symbols are unknown.
    defineDisposal(Consumer.prototype);
  }

  /** Unique in its stream, or in the whole demux, never reused. */
  readonly id: number;
  #stream: ConsumerStream<T>;
  #state: ConsumerState = 'gone';
  readonly #limits: Limits | undefined;
  readonly #backlog: Backlog<T>;
  // The waiting calls. The usual single one needs no list.
  #call: Settle<T> | undefined;
  #laterCalls: Settle<T>[] | undefined;
  // Set from a kill or a shedding until `next()` returned it.
  #unseenEnd: IteratorReturnResult<any> | Failure | undefined;

  /** @internal Use `stream.createConsumer()`. */
  constructor(stream: ConsumerStream<T>, limits?: Limits) {
    this.#stream = stream;
    this.id = stream.root.nextId();
    this.#limits = limits;
    this.#backlog = new Backlog<T>(this);
    if (limits?.signal) {
      limits.onAbort = () => {
        this.#backlog.clear();
        this.#enter('gone');
        this.deliver();
      };
    }
    if (!limits?.signal?.aborted) this.#enter('alive');
  }

  /** `true` until the consumer read an end marker, was killed, timed out, or returned. */
  get isAlive(): boolean {
    return this.#state === 'alive';
  }

  /** Longest wait for one packet in ms; `undefined`: for ever. The clock runs only while `next()` waits
   *  with an empty backlog; a packet for this consumer resets it. */
  get timeout(): number | undefined {
    return this.#limits?.timeout;
  }

  /** The next packet: `{ value, done: false }`, or the value of a close or kill with `done: true`.
   *  Rejects with a `TimeoutError`, a `BacklogLimitError` or the reason of the signal. May be called again
   *  after each of them, see the class. */
  next(): Promise<IteratorResult<T, any>> {
    const result = this.#call ? undefined : this.#take();
    if (result) return Promise.resolve(result);
    return new Promise((settle) => {
      if (!this.#call) this.#call = settle;
      else {
        this.#laterCalls ??= [];
        this.#laterCalls.push(settle);
      }
    });
  }

  /** Detaches at once, drops the backlog and ends waiting `next()` calls with `{ value: undefined, done:
   *  true }`. Synchronous, may be called twice. `for await` calls it on `break`, `return` and `throw`. */
  return(): object {
    this.#unseenEnd = undefined;
    this.#leave('gone');
    return {};
  }

  /** Drops the backlog and ends this consumer at once: a waiting `next()`, or else the next one, gives
   *  `{ value, done: true }`. A consumer that is not alive only drops what it collected, and collects anew
   *  until the end of this macrotask. */
  kill(value?: unknown): void {
    if (this.isAlive && !this.#call) this.#unseenEnd = { value, done: true };
    this.#leave('killed', value);
  }

  /** Drops what waits, because all backlogs together are too long. A consumer whose `overflow` is to drop
   *  packets reads on with those to come. Any other ends: a waiting `next()`, or else the next one, rejects
   *  with `error`. No effect while it is not alive. */
  shed(error: Error): void {
    if (!this.isAlive) return;
    this.#backlog.clear();
    if (this.isBounded && this.#limits?.overflow !== 'error') return;
    this.#unseenEnd = new Failure(error);
    this.#enter('gone');
    this.deliver();
  }

  /** `{ id, backpressure }`, with `timeout` when it has one, and in a demux `stream`. */
  getStats(): ConsumerStats {
    const { id, timeout } = this;
    const stream = this.streamName;
    return {
      id,
      backpressure: this.getBackpressure(),
      ...(timeout !== undefined && { timeout }),
      ...(stream !== undefined && { stream }),
    };
  }

  /** Name of the sub-stream, in a demux: `undefined` when the stream has none. */
  get streamName(): string | undefined {
    return this.#stream.label;
  }

  /** Whether the consumer has a `highWaterMark`. */
  get isBounded(): boolean {
    return this.#limits !== undefined && this.#limits.highWaterMark < Infinity;
  }

  /** The sum of the sizes of the packets that wait, as their writer gave them; 0 while not alive. */
  get backlogSize(): number {
    return this.isAlive ? this.#backlog.size : 0;
  }

  /** Packets that wait, end markers included; 0 while not alive. Never negative. */
  getBackpressure(): number {
    return this.isAlive ? this.#backlog.length : 0;
  }

  /** The consumer itself, so that it can be looped over, and looped over again after a close. */
  [Symbol.asyncIterator](): AsyncIterator<T, any, undefined> {
    // `return()` is synchronous, as in the published packages; `for await` awaits whatever it gives.
    return this as unknown as AsyncIterator<T, any, undefined>;
  }

  /** @internal What waits, or was collected by a consumer that is not alive. */
  get backlog(): Backlog<T> {
    return this.#backlog;
  }

  /** @internal The stream that it reads. */
  get stream(): ConsumerStream<T> {
    return this.#stream;
  }

  /** @internal Queues a value. */
  write(value: T, size: number): void {
    this.#queue({ kind: 'value', value, size, next: undefined });
  }

  /** @internal Queues an end marker. */
  end(value: unknown): void {
    this.#queue({ kind: 'end', value, size: 0, next: undefined });
  }

  /** @internal Queues an error, with which the read behind what waits rejects. */
  fail(error: unknown): void {
    this.#queue({ kind: 'refusal', value: error, size: 0, next: undefined });
  }

  /** @internal A packet for another consumer of the same stream. It counts until what stands before it was
   *  read, as in the published packages. A bounded backlog keeps its room for packets of its own. */
  passBy(): void {
    if (this.getBackpressure() === 0 || this.isBounded) return;
    this.#queue({ kind: 'another', value: undefined, size: 0, next: undefined });
  }

  /** @internal Reads on where `other` stopped, which keeps its own position. */
  resumeAt(other: Consumer<T>): void {
    for (let packet = other.backlog.oldest; packet; packet = packet.next) {
      this.#queue({ ...packet, next: undefined });
    }
  }

  /** @internal A consumer is what its stream finds below itself, see `Child`. */
  forEachConsumer(visit: (consumer: Consumer<T>) => void): void {
    visit(this);
  }

  /** @internal Serves the waiting calls, two microtasks after the write. */
  deliver(): void {
    while (this.#call) {
      const result = this.#take();
      if (!result) return;
      this.#settle(result);
    }
  }

  #queue(packet: Packet<T>): void {
    if (this.#limits && !this.#backlog.admits(packet, this.#limits)) return;
    const length = this.#backlog.push(packet);
    // The first packet wakes a waiting call; the others find that on the way.
    if (length === 1) {
      if (this.#call) wakeSoon(this);
    } else if (isDevelopment && isWatchedLength(length) && !this.isBounded) {
      this.#stream.root.onBacklogGrown(this);
    }
  }

  /** The answer to the next call; `undefined`: it has to wait, and the clock runs. */
  #take(): IteratorResult<T, any> | Promise<never> | undefined {
    if (!this.isAlive) {
      const answer = this.#revive();
      if (answer) return answer;
    }
    let packet = this.#backlog.shift();
    while (packet?.kind === 'another') packet = this.#backlog.shift();
    if (!packet) {
      this.#startClock();
      return undefined;
    }
    if (packet.kind === 'value') return { value: packet.value, done: false };
    if (packet.kind === 'end') {
      this.#enter('ended');
      return { value: packet.value, done: true };
    }
    this.#enter('gone');
    return Promise.reject(packet.value);
  }

  /** Brings a consumer back that is read again, unless it still owes the answer to what ended it. */
  #revive(): IteratorReturnResult<any> | Promise<never> | undefined {
    const end = this.#unseenEnd;
    this.#unseenEnd = undefined;
    if (end instanceof Failure) return Promise.reject(end.error);
    if (end) {
      // A loop that restarts right away must not miss what is written meanwhile.
      this.#enter('killed');
      return end;
    }
    const signal = this.#limits?.signal;
    if (signal?.aborted) return Promise.reject(signal.reason);
    this.#enter('alive');
    return undefined;
  }

  /** Goes over to `state`. What waits is counted only while it is alive. */
  #enter(state: ConsumerState): void {
    const from = this.#state;
    this.#state = state;
    const { root } = this.#stream;
    this.#backlog.countOn(this.isAlive ? root : undefined);
    this.#stream = this.#stream.move(this, from, state);
    root.onMoved(this);
    const limits = this.#limits;
    if (limits?.signal && limits.onAbort) {
      const watch = this.isAlive ? addAbortListener : removeAbortListener;
      watch(limits.signal, limits.onAbort);
    }
    if (state !== 'ended' && state !== 'killed') return;
    // It collects until the end of this macrotask. What waits behind an end marker is its own: it reads
    // on there whenever it is read again. A kill leaves no position to keep.
    afterMacrotask(() => {
      if (this.#state !== state) return;
      if (state === 'killed') this.#backlog.clear();
      this.#enter('gone');
    });
  }

  /** Goes over to `state` without the backlog and answers all waiting calls. */
  #leave(state: ConsumerState, value?: unknown): void {
    this.#backlog.clear();
    this.#enter(state);
    while (this.#call) this.#settle({ value, done: true });
  }

  /** Answers the first waiting call, whose clock stops. */
  #settle(result: IteratorResult<T, any> | Promise<never>): void {
    const call = this.#call;
    this.#call = this.#laterCalls?.shift();
    const limits = this.#limits;
    if (limits) {
      platform.clearTimeout(limits.timer);
      limits.timer = undefined;
    }
    call?.(result);
  }

  #startClock(): void {
    const limits = this.#limits;
    if (limits?.timeout === undefined) return;
    const delayMs = Math.min(limits.timeout, MAX_INT32);
    limits.timer ??= platform.setTimeout(() => this.#elapse(), delayMs);
  }

  #elapse(): void {
    this.#enter('asleep');
    const error = new TimeoutError(`Stream consumer iteration timed out after ${this.timeout} ms`);
    this.#settle(Promise.reject(error));
    // Calls behind the one that timed out wait on, with a clock of their own.
    this.deliver();
  }
}
