import type { BacklogMeter } from './backlog-meter.js';
import type { Consumer } from './consumer.js';
import { type Ledger, StreamRoot } from './stream-root.js';

/** The root of a tree of any size, such as a demux or all channels of a server: neither an id nor the
 *  longest backlog needs a search through the names. A socket's few streams do without. */
export class IndexedRoot<T = any> extends StreamRoot<T> {
  readonly #index: Index<T>;

  constructor(meter?: BacklogMeter) {
    const index = new Index<T>(meter);
    super(index);
    this.#index = index;
  }

  override find(id: number): Consumer<T> | undefined {
    this.#index.byId ??= new Map(this.consumers().map((consumer) => [consumer.id, consumer]));
    return this.#index.byId.get(id);
  }

  override getBackpressure(): number {
    this.#index.lagging ??= new Set(
      this.consumers().filter((consumer) => consumer.getBackpressure() > 0),
    );
    let max = 0;
    for (const consumer of this.#index.lagging) max = Math.max(max, consumer.getBackpressure());
    return max;
  }
}

/** Each made by the first question that needs it, since most owners never ask. */
class Index<T> implements Ledger<T> {
  /** Every registered consumer. */
  byId: Map<number, Consumer<T>> | undefined;
  /** The registered consumers with a backlog. */
  lagging: Set<Consumer<T>> | undefined;
  readonly #meter: BacklogMeter | undefined;

  constructor(meter: BacklogMeter | undefined) {
    this.#meter = meter;
  }

  add(size: number, consumer: Consumer<T>): void {
    this.#meter?.add(size);
    this.lagging?.add(consumer);
  }

  remove(size: number, consumer: Consumer<T>): void {
    this.#meter?.remove(size);
    if (this.lagging && consumer.getBackpressure() === 0) this.lagging.delete(consumer);
  }

  onPlaced(consumer: Consumer<T>): void {
    if (consumer.isAlive) this.byId?.set(consumer.id, consumer);
    else this.byId?.delete(consumer.id);
  }
}
