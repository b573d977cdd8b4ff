/** Told about every packet that enters or leaves a backlog, e.g. to stop reading from a socket while too
 *  much is waiting. A broadcast packet counts once per consumer; end markers count with size 0.
 *  The calls come from inside `write()` and `next()`: they must be quick, must not throw, and must not
 *  touch the streams. */
export interface BacklogMeter {
  /** A packet of `size` (whatever unit the writer uses, usually bytes) entered a backlog. */
  add(size: number): void;
  /** A packet of `size` left: read, dropped, or discarded with its consumer. */
  remove(size: number): void;
}

/** What the ledger needs of a consumer. */
export interface LaggingConsumer {
  /** Place in the ledger's list, −1 while the backlog is empty. Written by the ledger only. */
  ledgerIndex: number;
  getBackpressure(): number;
}

/** Which registered consumers have a non-empty backlog, shared by all streams of one demux, so that the
 *  aggregate costs O(lagging consumers) whatever the number of names.
 *  Invariant: `#lagging[consumer.ledgerIndex] === consumer` for exactly the lagging consumers. */
export class BacklogLedger {
  readonly #meter: BacklogMeter | undefined;
  readonly #lagging: LaggingConsumer[] = [];

  constructor(meter?: BacklogMeter) {
    this.#meter = meter;
  }

  /** A packet of `size` is in the backlog of `consumer` now. */
  enter(consumer: LaggingConsumer, size: number): void {
    if (consumer.ledgerIndex === -1) consumer.ledgerIndex = this.#lagging.push(consumer) - 1;
    this.#meter?.add(size);
  }

  /** A packet of `size` is no longer there, or no longer counts. */
  leave(consumer: LaggingConsumer, size: number): void {
    this.#meter?.remove(size);
    if (consumer.ledgerIndex === -1 || consumer.getBackpressure() !== 0) return;
    const last = this.#lagging.pop() as LaggingConsumer;
    if (last !== consumer) {
      this.#lagging[consumer.ledgerIndex] = last;
      last.ledgerIndex = consumer.ledgerIndex;
    }
    consumer.ledgerIndex = -1;
  }

  /** Longest backlog, in packets; 0 when none waits. */
  maxBackpressure(): number {
    return maxBackpressure(this.#lagging);
  }
}

/** Longest backlog of `consumers`, in packets; 0 when none waits. */
export function maxBackpressure(consumers: Iterable<LaggingConsumer>): number {
  let max = 0;
  for (const consumer of consumers) max = Math.max(max, consumer.getBackpressure());
  return max;
}
