import type { BacklogMeter } from './backlog-meter.js';
import type { Consumer } from './consumer.js';
import { StreamNode } from './stream-node.js';

/** The top of a tree of streams, with what its consumers share. Neither an id nor the longest backlog needs a
 *  search through the names: there is an index of each, made by the first question, since most owners never ask. */
export class StreamRoot<T = any> extends StreamNode<T> {
  readonly #meter: BacklogMeter | undefined;
  #lastId = 0;
  /** Every registered consumer. */
  #byId: Map<number, Consumer<T>> | undefined;
  /** The registered consumers that may have a backlog: those that got a packet since the last question too. */
  #lagging: Set<Consumer<T>> | undefined;

  constructor(meter?: BacklogMeter) {
    super();
    this.#meter = meter;
  }

  override get root(): this {
    return this;
  }

  /** Ids count from 1 over all names. */
  nextId(): number {
    return ++this.#lastId;
  }

  override find(id: number): Consumer<T> | undefined {
    this.#byId ??= new Map(this.consumers().map((consumer) => [consumer.id, consumer]));
    return this.#byId.get(id);
  }

  override getBackpressure(): number {
    this.#lagging ??= new Set(this.consumers());
    let max = 0;
    for (const consumer of this.#lagging) {
      const backlog = consumer.getBackpressure();
      if (backlog === 0) this.#lagging.delete(consumer);
      max = Math.max(max, backlog);
    }
    return max;
  }

  /** A packet of that size came into the backlog of a registered consumer. */
  onPacketIn(size: number, consumer: Consumer<T>): void {
    this.#meter?.add(size);
    this.#lagging?.add(consumer);
  }

  /** One left it. */
  onPacketOut(size: number): void {
    this.#meter?.remove(size);
  }

  /** A consumer is registered, or no longer. */
  onPlaced(consumer: Consumer<T>): void {
    if (consumer.isAlive) this.#byId?.set(consumer.id, consumer);
    else {
      this.#byId?.delete(consumer.id);
      this.#lagging?.delete(consumer);
    }
  }
}
