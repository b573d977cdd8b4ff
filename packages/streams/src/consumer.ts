import { createBacklogLimitError, createTimeoutError } from './errors.js';
import type { Limits } from './options.js';
import { platform } from './platform.js';
import type { StreamNode } from './stream-node.js';
import { wakeSoon } from './wake-queue.js';

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

/** @internal `parked`: ended, and the next loop may take over its position. */
export type ConsumerState = 'alive' | 'ended' | 'parked' | 'killed' | 'asleep' | 'gone';

/** A value in a backlog, or with `done` the end of an iteration. */
interface Packet {
  readonly value: any;
  readonly done: boolean;
  /** In the writer's unit, for the meter. */
  readonly size: number;
  next: Packet;
}

/** Settles a waiting call; with a rejected promise to reject it. */
type Settle = (result: any) => void;

/** One cursor over a stream, with its own backlog. Buffers from its creation on. Meant for one loop;
 *  concurrent `next()` calls are answered in order, as if each had followed the one before.
 *
 *  registered ──end marker──▸ ended: reads on right after the marker at the next `next()`
 *     ▲  │ ├─────kill───────▸ killed: `next()` gives the kill value once, then as new
 *     │  │ ├────timeout─────▸ asleep: collects on while somebody references it
 *     │  │ └─return/abort───▸ gone: keeps nothing
 *     └──┴── any further `next()` registers it again
 *
 *  An ended or killed consumer also collects what is written in the rest of that macrotask. What a killed
 *  one collected is then released; after that it sees packets written after its next `next()`. */
export class Consumer<T = any> {
  /** Unique in its stream, or in the whole demux, never reused. */
  readonly id: number;
  /** @internal */
  state: ConsumerState = 'gone';
  /** @internal Its place among those with a backlog, while it has one. Written by the root only. */
  lagIndex = 0;
  /** @internal The stream it belongs to. */
  node: StreamNode<T>;
  readonly #limits: Limits | undefined;
  // The newest packet; its `next` is the oldest. What waits, or while not alive what was collected.
  #last: Packet | undefined;
  #length = 0;
  // The waiting calls. The usual single one needs no list.
  #call: Settle | undefined;
  #laterCalls: Settle[] | undefined;
  // Set while a kill was not yet seen by next().
  #unseenKill: IteratorReturnResult<any> | undefined;

  /** @internal Use `stream.createConsumer()`. `parked`: whose position to take over. */
  constructor(node: StreamNode<T>, limits?: Limits, parked?: Consumer<T>) {
    this.node = node;
    this.id = node.root.nextId();
    this.#limits = limits;
    if (parked) {
      for (const { next } of parked.#beforeEach()) this.#push(next.value, next.done, next.size);
    }
    const signal = limits?.signal;
    if (signal) limits.onAbort = () => this.#end('gone', () => Promise.reject(signal.reason));
    if (!signal?.aborted) this.#enter('alive');
  }

  /** `true` until the consumer took an end marker, was killed, timed out, or returned. */
  get isAlive(): boolean {
    return this.state === 'alive';
  }

  /** Longest wait for one packet in ms; `undefined`: for ever. The clock runs only while `next()` waits
   *  with an empty backlog; a packet for this consumer resets it. */
  get timeout(): number | undefined {
    return this.#limits?.timeout;
  }

  /** The next packet: `{ value, done: false }`, or the value of a close or kill with `done: true`.
   *  Rejects with a `TimeoutError`, a `BacklogLimitError` or the reason of the signal. May be called again
   *  after any of them, see the class. */
  next(): Promise<IteratorResult<T, any>> {
    if (!this.#call) {
      const result = this.#take();
      if (result) return Promise.resolve(result);
      this.#startTimer();
    }
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
    this.#unseenKill = undefined;
    this.#end('gone', () => ({ value: undefined, done: true }));
    return {};
  }

  /** Drops the backlog and ends this consumer at once: a waiting `next()`, or else the next one, gives
   *  `{ value, done: true }`. Does nothing to a consumer that is not alive but drop what it collected. */
  kill(value?: any): void {
    if (!this.isAlive) {
      this.discard();
      return;
    }
    if (!this.#call) this.#unseenKill = { value, done: true };
    this.#end('killed', () => ({ value, done: true }));
  }

  /** `{ id, backpressure }`, `timeout` when it has one, and in a demux `stream`. */
  getStats(): ConsumerStats {
    const { id, timeout } = this;
    const stream = this.node.label;
    return {
      id,
      backpressure: this.getBackpressure(),
      ...(timeout !== undefined && { timeout }),
      ...(stream !== undefined && { stream }),
    };
  }

  /** Packets waiting, end markers included; 0 while not registered. Never negative. */
  getBackpressure(): number {
    return this.isAlive ? this.#length : 0;
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

  /** @internal Queues a value, or with `done` an end marker. */
  write(value: T, size: number, done: boolean): void {
    // Whoever waits is woken by the first packet; for the others that is on the way.
    const isFirst = !this.#last;
    if (this.#limits && !this.#hasRoom(this.#limits, done)) return;
    this.#push(value, done, size);
    if (!this.isAlive) return;
    const { root } = this.node;
    root.meter?.add(size);
    if (!isFirst) return;
    root.track(this, true);
    if (!this.#call) return;
    this.#stopTimer();
    wakeSoon(this);
  }

  /** @internal Itself, as a weak reference to it would say. */
  deref(): this {
    return this;
  }

  /** @internal Itself, if it is registered. */
  consumers(): Consumer<T>[] {
    return this.isAlive ? [this] : [];
  }

  /** @internal Whether it is registered, as a number. */
  getConsumerCount(): number {
    return Number(this.isAlive);
  }

  /** @internal Nothing of what was collected, or was to be taken over, is left. */
  discard(): void {
    this.#last = undefined;
    this.#length = 0;
    if (this.state === 'parked') this.state = 'ended';
    if (this.#limits) this.#limits.hasOverflowed = false;
  }

  /** @internal Serves the waiting calls, two microtasks after the write. */
  deliver(): void {
    while (this.#call) {
      const result = this.#take();
      if (!result) {
        this.#startTimer();
        return;
      }
      this.#settle(result);
    }
  }

  /** What the next call is to get; `undefined`: it has to wait. */
  #take(): IteratorResult<T, any> | Promise<never> | undefined {
    const limits = this.#limits;
    if (!this.isAlive) {
      const kill = this.#unseenKill;
      if (kill) {
        this.#unseenKill = undefined;
        // A loop that restarts right away must not miss what is written meanwhile.
        this.#enter('killed');
        return kill;
      }
      if (limits?.signal?.aborted) return Promise.reject(limits.signal.reason);
      this.#enter('alive');
    }
    if (!this.#last) {
      if (!limits?.hasOverflowed) return undefined;
      limits.hasOverflowed = false;
      this.#enter('gone');
      return Promise.reject(createBacklogLimitError(limits.highWaterMark));
    }
    const { value, done, size } = this.#removeAfter(this.#last);
    const { root } = this.node;
    root.meter?.remove(size);
    if (!this.#last) root.track(this, false);
    if (done) this.#enter(this.#last ? 'parked' : 'ended');
    return { value, done };
  }

  /** Whether the packet may come in; if the policy is to make room, after making it. End markers are never
   *  refused, but behind a full backlog two in a row are one. */
  #hasRoom(limits: Limits, done: boolean): boolean {
    if (limits.hasOverflowed) return false;
    if (this.#length < limits.highWaterMark) return true;
    if (done) return !this.#last?.done;
    limits.hasOverflowed = limits.overflow === 'error';
    if (limits.overflow !== 'drop-oldest') return false;
    for (const previous of this.#beforeEach()) {
      if (previous.next.done) continue;
      const { size } = this.#removeAfter(previous);
      if (this.isAlive) this.node.root.meter?.remove(size);
      return true;
    }
    return false;
  }

  #push(value: unknown, done: boolean, size: number): void {
    const last = this.#last;
    const packet = { value, done, size } as Packet;
    packet.next = last?.next ?? packet;
    if (last) last.next = packet;
    this.#last = packet;
    this.#length++;
  }

  #removeAfter(previous: Packet): Packet {
    const packet = previous.next;
    previous.next = packet.next;
    if (packet === this.#last) this.#last = packet === previous ? undefined : previous;
    this.#length--;
    return packet;
  }

  /** For each packet, oldest first, the one whose `next` it is. */
  *#beforeEach(): Iterable<Packet> {
    let packet = this.#last;
    for (let left = this.#length; left > 0; left--) {
      yield packet as Packet;
      packet = packet?.next;
    }
  }

  /** Goes over to `state`, and to or from those that count. */
  #enter(state: ConsumerState): void {
    const wasAlive = this.isAlive;
    this.#stopTimer();
    this.state = state;
    this.node = this.node.place(this);
    if (wasAlive === this.isAlive) return;
    if (this.#last) {
      const { root } = this.node;
      root.track(this, !wasAlive);
      for (const { next } of this.#beforeEach()) {
        if (wasAlive) root.meter?.remove(next.size);
        else root.meter?.add(next.size);
      }
    }
    const limits = this.#limits;
    if (!limits?.onAbort) return;
    if (wasAlive) limits.signal?.removeEventListener('abort', limits.onAbort);
    else limits.signal?.addEventListener('abort', limits.onAbort);
  }

  /** Leaves without the backlog and answers all waiting calls; results are fresh for each. */
  #end(state: ConsumerState, result: () => unknown): void {
    this.#enter(state);
    this.discard();
    while (this.#call) this.#settle(result());
  }

  /** Answers the first waiting call. */
  #settle(result: unknown): void {
    const settle = this.#call as Settle;
    this.#call = this.#laterCalls?.shift();
    settle(result);
  }

  #startTimer(): void {
    const limits = this.#limits;
    if (limits?.timeout === undefined || limits.timer) return;
    limits.timer = platform.setTimeout(() => this.#elapse(limits), limits.timeout);
  }

  #stopTimer(): void {
    const limits = this.#limits;
    if (!limits?.timer) return;
    platform.clearTimeout(limits.timer);
    limits.timer = undefined;
  }

  #elapse(limits: Limits): void {
    limits.timer = undefined;
    this.#enter('asleep');
    this.#settle(Promise.reject(createTimeoutError('Stream consumer iteration timed out')));
    // Calls behind the one that timed out wait on, with a clock of their own.
    this.deliver();
  }
}
