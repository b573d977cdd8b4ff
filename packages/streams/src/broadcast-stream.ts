import { AwayConsumers } from './away-consumers.js';
import { BacklogLedger, type BacklogMeter, maxBackpressure } from './backlog-ledger.js';
import { ConsumableStream } from './consumable-stream.js';
import { Consumer, type ConsumerHost, type ConsumerStats, type Departure } from './consumer.js';
import { parseConsumerOptions, type TimeoutOrOptions } from './options.js';
import { SmallMap } from './small-map.js';

/** How a stream names its consumers and whom it tells. */
export interface WritableConsumableStreamOptions {
  /** Returns an unused id. Default: counts from 1. */
  generateConsumerId?: () => number;
  /** Called after a consumer left the stream for any reason. */
  removeConsumerCallback?: (id: number) => void;
  /** Told about every packet that enters or leaves a backlog. */
  meter?: BacklogMeter;
}

/** Hands what is written to every consumer: what `WritableConsumableStream` and the sub-streams of a demux
 *  have in common. */
export class BroadcastStream<T = any> extends ConsumableStream<T> implements ConsumerHost<T> {
  /** @internal */
  readonly ledger: BacklogLedger;
  /** @internal Those registered, by id. */
  readonly consumers = new SmallMap<number, Consumer<T>>();
  #away: AwayConsumers<T> | undefined;
  #lastId = 0;
  readonly #options: WritableConsumableStreamOptions;

  /** `ledger`: @internal, shared by the streams of a demux. */
  constructor(options: WritableConsumableStreamOptions = {}, ledger?: BacklogLedger) {
    super();
    this.#options = options;
    this.ledger = ledger ?? new BacklogLedger(options.meter);
  }

  /** Appends a value for every consumer. `size` is passed to the meter (default 0). */
  write(value: T, size = 0): void {
    for (const consumer of this.consumers.values()) consumer.write(value, size);
    if (this.#away !== undefined) {
      for (const consumer of this.#away) consumer.write(value, size);
    }
  }

  /** Appends an end marker: every current consumer reads its backlog, then ends with `value`. Later
   *  consumers and later writes are not affected. */
  close(value?: any): void {
    for (const consumer of this.consumers.values()) consumer.close(value);
    for (const consumer of this.#away ?? []) consumer.close(value);
  }

  /** Drops all backlogs and ends every current consumer at once with `value`. */
  kill(value?: any): void {
    this.#away?.kill();
    for (const consumer of [...this.consumers.values()]) consumer.kill(value);
  }

  /** Longest backlog of any consumer, in packets; 0 when there is none. */
  getBackpressure(): number {
    return maxBackpressure(this.consumers.values());
  }

  /** Whether consumer `id` is registered here. */
  hasConsumer(id: number): boolean {
    return this.consumers.has(id);
  }

  /** Statistics of all consumers, in order of creation. */
  getConsumerStatsList(): ConsumerStats[] {
    return inOrder(this.consumers).map((consumer) => consumer.getStats());
  }

  /** Number of consumers. */
  getConsumerCount(): number {
    return this.consumers.size;
  }

  /** A new cursor that buffers from now on. `timeoutOrOptions`: ms, or `ConsumerOptions`. */
  override createConsumer(timeoutOrOptions?: TimeoutOrOptions): Consumer<T> {
    return new Consumer<T>(this, this.#generateId(), parseConsumerOptions(timeoutOrOptions));
  }

  /** A new cursor without timeout. When a loop ended in this macrotask at an end marker that had packets
   *  queued behind it, the new one goes on there: restarting a loop after a close misses nothing. */
  override [Symbol.asyncIterator](): AsyncIterator<T, any, undefined> {
    const consumer = new Consumer<T>(
      this,
      this.#generateId(),
      parseConsumerOptions(undefined),
      this.#away?.adoptOldest(),
    );
    return consumer[Symbol.asyncIterator]();
  }

  /** Registers a consumer. The consumers of this package do so by themselves; override it to be told. */
  setConsumer(id: number, consumer: Consumer<T>): void {
    this.consumers.set(id, consumer);
  }

  /** @internal */
  attach(consumer: Consumer<T>): ConsumerHost<T> {
    this.#away?.remove(consumer);
    this.setConsumer(consumer.id, consumer);
    return this;
  }

  /** @internal */
  detach(consumer: Consumer<T>, departure: Departure): void {
    this.#away?.remove(consumer);
    if (departure !== 'detached') {
      this.#away ??= new AwayConsumers(() => this.#settle());
      if (departure === 'timed-out') this.#away.sleep(consumer);
      else this.#away.linger(consumer, departure === 'killed');
    }
    if (this.consumers.delete(consumer.id)) this.#options.removeConsumerCallback?.(consumer.id);
    this.#settle();
  }

  /** @internal Called when no consumer is left, neither registered nor away. */
  protected onIdle(): void {}

  #settle(): void {
    if (this.#away?.isEmpty === true) this.#away = undefined;
    if (this.consumers.size === 0 && this.#away === undefined) this.onIdle();
  }

  #generateId(): number {
    this.#lastId++;
    return this.#options.generateConsumerId?.() ?? this.#lastId;
  }
}

/** Consumers by id in order of creation; a consumer that came back is last in the map. */
export function inOrder<T>(consumers: SmallMap<number, Consumer<T>>): Consumer<T>[] {
  return [...consumers.values()].sort((a, b) => a.id - b.id);
}
