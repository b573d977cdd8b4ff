import type { Consumer } from './consumer.js';
import { StreamNode } from './stream-node.js';

/** Told about every packet that enters or leaves the backlog of a registered consumer, after the fact.
 *  A `BacklogMeter` is one. */
export interface Ledger<T = any> {
  add(size: number, consumer: Consumer<T>): void;
  remove(size: number, consumer: Consumer<T>): void;
  /** Told that `consumer` is registered, or no longer. */
  onPlaced?(consumer: Consumer<T>): void;
}

/** The top of a tree of streams, with what its consumers share. */
export class StreamRoot<T = any> extends StreamNode<T> {
  readonly ledger: Ledger<T> | undefined;
  #lastId = 0;

  constructor(ledger?: Ledger<T>) {
    super();
    this.ledger = ledger;
  }

  override get root(): this {
    return this;
  }

  /** Ids count from 1 over all names. */
  nextId(): number {
    return ++this.#lastId;
  }
}
