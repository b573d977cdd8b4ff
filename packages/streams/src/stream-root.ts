import type { Backlog } from './backlog.js';
import type { BacklogMeter } from './backlog-meter.js';
import type { Consumer } from './consumer.js';
import { StreamNode, type TreeRoot } from './stream-node.js';

/** The top of a tree of streams, with what its consumers share. Neither an id nor the longest backlog needs a
 *  search through the names: there is an index of each, made by the first question, since most owners never ask. */
export class StreamRoot<T> extends StreamNode<T> implements TreeRoot<T> {
  readonly #meter: BacklogMeter | undefined;
  #lastId = 0;
  /** Every registered consumer. */
  #byId: Map<number, Consumer<T>> | undefined;
  /** The counted backlogs that may not be empty: also those that got a packet since the last question. */
  #lagging: Set<Backlog<unknown>> | undefined;

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
    this.#lagging ??= new Set(this.consumers().map((consumer) => consumer.backlog));
    let max = 0;
    for (const backlog of this.#lagging) {
      const { length } = backlog;
      if (length === 0) this.#lagging.delete(backlog);
      max = Math.max(max, length);
    }
    return max;
  }

  onPacketIn(size: number, backlog: Backlog<unknown>): void {
    this.#meter?.add(size);
    this.#lagging?.add(backlog);
  }

  onPacketOut(size: number): void {
    this.#meter?.remove(size);
  }

  onBacklogLeft(backlog: Backlog<unknown>): void {
    this.#lagging?.delete(backlog);
  }

  onMoved(consumer: Consumer<T>): void {
    if (consumer.isAlive) this.#byId?.set(consumer.id, consumer);
    else this.#byId?.delete(consumer.id);
  }
}
