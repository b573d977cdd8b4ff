import type { Child } from './children.js';
import { ConsumableStream } from './consumable-stream.js';
import { Consumer, type ConsumerState, type ConsumerStats } from './consumer.js';
import type { TimeoutOrOptions } from './options.js';
import { closeOne, writeToOne } from './single-consumer.js';
import type { StreamNode } from './stream-node.js';
import type { StreamOptions } from './stream-options.js';
import { StreamRoot } from './stream-root.js';

/** Options of a stream: how it numbers its consumers, and what it reports. */
export interface WritableConsumableStreamOptions extends StreamOptions {
  /** Returns an unused id. Default: counts from 1. */
  generateConsumerId?: (() => number) | undefined;
  /** Called after a consumer left the stream for any reason. */
  removeConsumerCallback?: ((id: number) => void) | undefined;
}

/** A stream that can be written and read. What is written reaches every consumer that exists at that moment, in
 *  order; without consumers nothing is kept. Writing is synchronous, never throws, and runs no loop body. */
export class WritableConsumableStream<T = any> extends ConsumableStream<T> {
  readonly #root: OwnRoot<T>;

  constructor(options: WritableConsumableStreamOptions = {}) {
    super();
    this.#root = new OwnRoot<T>(this, options);
  }

  /** Appends a value for every consumer. `size` is passed to the meter (default 0). */
  write(value: T, size = 0): void {
    this.#root.write(value, size);
  }

  /** Appends an end marker: every current consumer reads its backlog, then ends with `value`. Later
   *  consumers and later writes are not affected. */
  close(value?: unknown): void {
    this.#root.close(value);
  }

  /** Drops all backlogs and ends every current consumer at once with `value`. */
  kill(value?: unknown): void {
    this.#root.kill(value);
  }

  /** Appends a value for consumer `id` only. It counts in the backlogs of the others, too, until they have read
   *  what came before it. An unknown id has no effect. */
  writeToConsumer(id: number, value: T, size = 0): void {
    writeToOne(this.#root.find(id), value, size);
  }

  /** `close` for consumer `id` only. An unknown id has no effect. */
  closeConsumer(id: number, value?: unknown): void {
    closeOne(this.#root.find(id), value);
  }

  /** `kill` for consumer `id` only. An unknown id has no effect. */
  killConsumer(id: number, value?: unknown): void {
    this.#root.find(id)?.kill(value);
  }

  /** Longest backlog of any consumer, in packets; 0 when there is none. */
  getBackpressure(): number {
    return this.#root.getBackpressure();
  }

  /** Backlog of consumer `id` in packets; 0 when unknown. */
  getConsumerBackpressure(id: number): number {
    return this.#root.find(id)?.getBackpressure() ?? 0;
  }

  /** Whether consumer `id` is registered here. */
  hasConsumer(id: number): boolean {
    return this.#root.find(id) !== undefined;
  }

  /** Statistics of consumer `id`; `undefined` when unknown. */
  getConsumerStats(id: number): ConsumerStats | undefined {
    return this.#root.find(id)?.getStats();
  }

  /** Statistics of all consumers, in order of creation. */
  getConsumerStatsList(): ConsumerStats[] {
    return this.#root.getConsumerStatsList();
  }

  /** All consumers, in order of their ids. */
  getConsumerList(): Consumer<T>[] {
    return this.#root.consumers().sort((a, b) => a.id - b.id);
  }

  /** Number of consumers. */
  getConsumerCount(): number {
    return this.#root.getConsumerCount();
  }

  /** A new cursor that buffers from now on. `timeoutOrOptions`: ms, or `ConsumerOptions`. */
  override createConsumer(timeoutOrOptions?: TimeoutOrOptions): Consumer<T> {
    return this.#root.createConsumer(timeoutOrOptions);
  }

  /** A new cursor without timeout. When a loop ended in this macrotask at an end marker that had packets
   *  queued behind it, the new one continues there, so restarting a loop after a close misses nothing. */
  override [Symbol.asyncIterator](): AsyncIterator<T, any, undefined> {
    return this.#root.createIterator();
  }

  /** Registers a consumer. Consumers call it themselves; override it to observe them. */
  setConsumer(_id: number, consumer: Consumer<T>): void {
    this.#root.register(consumer);
  }

  /** Detaches consumer `id`, as its `return()` does. Returns `false` when the id is unknown. */
  removeConsumer(id: number): boolean {
    return this.#root.find(id)?.return() !== undefined;
  }
}

/** Root and only node of a stream, whose consumers are registered through the stream's own methods. */
class OwnRoot<T> extends StreamRoot<T> {
  readonly #stream: WritableConsumableStream<T>;
  readonly #options: WritableConsumableStreamOptions;
  // Only for the callback, which is called once per removal.
  readonly #registered: Set<number> | undefined;

  constructor(stream: WritableConsumableStream<T>, options: WritableConsumableStreamOptions) {
    super(options);
    this.#stream = stream;
    this.#options = options;
    if (options.removeConsumerCallback) this.#registered = new Set();
  }

  override find(id: number): Consumer<T> | undefined {
    const child = this.childWith(id);
    return child instanceof Consumer && child.isAlive ? child : undefined;
  }

  override nextId(): number {
    return this.#options.generateConsumerId?.() ?? super.nextId();
  }

  override add(child: Child<T>): void {
    // Those that left and still collect are no longer registered.
    if (child instanceof Consumer && child.isAlive) this.#stream.setConsumer(child.id, child);
    else super.add(child);
  }

  register(consumer: Consumer<T>): void {
    this.#registered?.add(consumer.id);
    super.add(consumer);
  }

  override move(consumer: Consumer<T>, from: ConsumerState, to: ConsumerState): StreamNode<T> {
    const node = super.move(consumer, from, to);
    if (!consumer.isAlive && this.#registered?.delete(consumer.id)) {
      this.#options.removeConsumerCallback?.(consumer.id);
    }
    return node;
  }
}
