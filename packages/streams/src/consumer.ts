import { BacklogLimitError, TimeoutError } from '@asyngular/errors';
import { type Limits, MAX_INT32 } from './options.js';
import { afterMacrotask, platform } from './platform.js';
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

/** @internal See `Consumer`. Numbers, because names would outlive the minifier. */
export const State = { alive: 0, ended: 1, killed: 2, asleep: 3, gone: 4 } as const;
export type ConsumerState = (typeof State)[keyof typeof State];

/** A place in a backlog, and what waits behind it. */
interface Place {
  rest: Packet | undefined;
}

/** A value in a backlog, or the end of an iteration. */
interface Packet extends Place {
  readonly value: any;
  /** In the writer's unit, for the meter. */
  readonly size: number;
  /** The state into which it takes the consumer, if it is an end. */
  readonly end: ConsumerState | undefined;
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
  /** @internal The oldest packet: the consumer is the place before it. */
  rest: Packet | undefined;
  #node: StreamNode<T>;
  #state: ConsumerState = State.gone;
  readonly #limits: Limits | undefined;
  // Where the next packet goes. What waits, or while not alive what was collected, is between it and here.
  #last: Place = this;
  #length = 0;
  // The waiting calls. The usual single one needs no list.
  #call: Settle | undefined;
  #laterCalls: Settle[] | undefined;
  // Set while a kill was not yet seen by next().
  #unseenKill: IteratorReturnResult<any> | undefined;

  /** @internal Use `stream.createConsumer()`. */
  constructor(node: StreamNode<T>, limits?: Limits) {
    this.#node = node;
    this.id = node.root.nextId();
    this.#limits = limits;
    if (limits?.signal) {
      limits.onAbort = () => {
        this.#discard();
        this.#enter(State.gone);
        this.deliver();
      };
    }
    if (!limits?.signal?.aborted) this.#enter(State.alive);
  }

  /** `true` until the consumer took an end marker, was killed, timed out, or returned. */
  get isAlive(): boolean {
    return this.#state === State.alive;
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
    this.#unseenKill = undefined;
    this.#end(State.gone);
    return {};
  }

  /** Drops the backlog and ends this consumer at once: a waiting `next()`, or else the next one, gives
   *  `{ value, done: true }`. One that is not alive drops what it collected,
   *  and collects anew until the end of this macrotask. */
  kill(value?: any): void {
    if (this.isAlive && !this.#call) this.#unseenKill = { value, done: true };
    this.#end(State.killed, value);
  }

  /** `{ id, backpressure }`, `timeout` when it has one, and in a demux `stream`. */
  getStats(): ConsumerStats {
    const { id, timeout } = this;
    const stream = this.#node.label;
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

  /** @internal Queues a value, or with `end` an end marker. */
  write(value: T, size: number, end?: ConsumerState): void {
    if (this.#limits && !this.#hasRoom(this.#limits, end)) return;
    this.#push({ value, size, end, rest: undefined });
    // Whoever waits is woken by the first packet; for the others that is on the way.
    if (this.#call && this.#length === 1) wakeSoon(this);
  }

  /** @internal Shows itself; see `Kid`. */
  each(visit: (consumer: Consumer<T>) => void): void {
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

  /** What the next call is to get; `undefined`: it has to wait, and the clock runs. */
  #take(): IteratorResult<T, any> | Promise<never> | undefined {
    const limits = this.#limits;
    if (!this.isAlive) {
      const kill = this.#unseenKill;
      if (kill) {
        this.#unseenKill = undefined;
        // A loop that restarts right away must not miss what is written meanwhile.
        this.#enter(State.killed);
        return kill;
      }
      if (limits?.signal?.aborted) return Promise.reject(limits.signal.reason);
      this.#enter(State.alive);
    }
    if (!this.rest) {
      if (limits?.timeout !== undefined) {
        const delayMs = Math.min(limits.timeout, MAX_INT32);
        limits.timer ??= platform.setTimeout(() => this.#elapse(), delayMs);
      }
      return undefined;
    }
    const { value, end } = this.#removeAfter(this);
    if (!end) return { value, done: false };
    this.#enter(end);
    return end === State.gone ? Promise.reject(value) : { value, done: true };
  }

  /** Whether the packet may come in; if the policy is to make room, after making it. End markers are never
   *  refused, but behind a full backlog two in a row are one. */
  #hasRoom({ highWaterMark, overflow }: Limits, end: ConsumerState | undefined): boolean {
    const last = this.#last as Partial<Packet>;
    // Nothing comes in behind the report of a refusal, until it was read.
    if (last.end === State.gone) return false;
    if (this.#length < highWaterMark) return true;
    if (end) return !last.end;
    if (overflow === 'error') {
      const message = `Stream consumer exceeded its highWaterMark: ${highWaterMark}; raise it`;
      const error = new BacklogLimitError(message, highWaterMark);
      this.#push({ value: error, size: 0, end: State.gone, rest: undefined });
    }
    if (overflow !== 'drop-oldest') return false;
    let place: Place = this;
    while (place.rest?.end) place = place.rest;
    if (place.rest) this.#removeAfter(place);
    return place !== last;
  }

  #push(packet: Packet): void {
    this.#last.rest = packet;
    this.#last = packet;
    this.#length++;
    if (this.isAlive) this.#node.root.onPacketIn(packet.size, this);
  }

  #removeAfter(place: Place): Packet {
    const packet = place.rest as Packet;
    place.rest = packet.rest;
    if (packet === this.#last) this.#last = place;
    this.#length--;
    if (this.isAlive) this.#node.root.onPacketOut(packet.size);
    return packet;
  }

  /** Nothing of what waits or was collected is left. */
  #discard(): void {
    while (this.rest) this.#removeAfter(this);
  }

  /** Goes over to `state`; what it has counts only while it is alive. */
  #enter(state: ConsumerState): void {
    let packet = this.rest;
    this.#discard();
    this.#state = state;
    for (; packet; packet = packet.rest) this.#push(packet);
    this.#node = this.#node.place(this, state);
    this.#node.root.onPlaced(this);
    const limits = this.#limits;
    if (limits?.onAbort) {
      if (this.isAlive) limits.signal?.addEventListener('abort', limits.onAbort);
      else limits.signal?.removeEventListener('abort', limits.onAbort);
    }
    if (state !== State.ended && state !== State.killed) return;
    // It collects until the end of this macrotask. What waits behind an end marker is its own: it reads
    // on there whenever it is read again. A kill leaves no position to keep.
    afterMacrotask(() => {
      if (this.#state !== state) return;
      if (state === State.killed) this.#discard();
      this.#enter(State.gone);
    });
  }

  /** Leaves without the backlog and answers all waiting calls. */
  #end(state: ConsumerState, value?: unknown): void {
    this.#discard();
    this.#enter(state);
    while (this.#call) this.#settle({ value, done: true });
  }

  /** Answers the first waiting call, whose clock stops. */
  #settle(result: unknown): void {
    const settle = this.#call as Settle;
    this.#call = this.#laterCalls?.shift();
    const limits = this.#limits;
    if (limits) {
      platform.clearTimeout(limits.timer);
      limits.timer = undefined;
    }
    settle(result);
  }

  #elapse(): void {
    this.#enter(State.asleep);
    const error = new TimeoutError('Stream consumer iteration timed out');
    this.#settle(Promise.reject(error));
    // Calls behind the one that timed out wait on, with a clock of their own.
    this.deliver();
  }
}
