import type { BacklogMeter } from './backlog-meter.js';
import type { Consumer } from './consumer.js';
import { longestBacklog, StreamNode } from './stream-node.js';

/** The top of a tree of streams: what its consumers share, so that neither an id nor the longest backlog
 *  needs a search through the names. */
export class StreamRoot<T = any> extends StreamNode<T> {
  readonly meter: BacklogMeter | undefined;
  /** Every registered consumer. Made by the first look-up: most owners never ask for an id. */
  byId: Map<number, Consumer<T>> | undefined;
  // Invariant: `#lagging[consumer.lagIndex] === consumer` for exactly the registered ones with a backlog.
  #lagging: Consumer<T>[] | undefined;
  #lastId = 0;

  constructor(meter?: BacklogMeter) {
    super();
    this.meter = meter;
  }

  override get root(): this {
    return this;
  }

  /** Ids count from 1 over all names. */
  nextId(): number {
    return ++this.#lastId;
  }

  /** The registered consumers by id. */
  index(): Map<number, Consumer<T>> {
    this.byId ??= new Map(this.consumers().map((consumer) => [consumer.id, consumer]));
    return this.byId;
  }

  /** `consumer` has a backlog from now on, or no longer one that counts. */
  track(consumer: Consumer<T>, hasBacklog: boolean): void {
    const { lagIndex } = consumer;
    if (hasBacklog) {
      this.#lagging ??= [];
      consumer.lagIndex = this.#lagging.push(consumer) - 1;
    } else {
      const lagging = this.#lagging as Consumer<T>[];
      const last = lagging.pop() as Consumer<T>;
      if (last !== consumer) lagging[lagIndex] = last;
      last.lagIndex = lagIndex;
    }
  }

  override getBackpressure(): number {
    return longestBacklog(this.#lagging ?? []);
  }
}
