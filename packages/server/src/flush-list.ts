import type { Outbox } from './outbox.js';

/**
 * The outboxes that got something to send in this turn of the event loop, shared by all sockets of a
 * server. They are flushed together at the end of the turn, so each socket costs one write however
 * many packets it got.
 */
export class FlushList {
  #outboxes: Outbox[] = [];
  /** The list before, empty: the two take turns. */
  #spare: Outbox[] = [];
  #scheduled = false;
  readonly #flush = () => this.flush();

  add(outbox: Outbox): void {
    this.#outboxes.push(outbox);
    if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(this.#flush);
    }
  }

  flush(): void {
    this.#scheduled = false;
    const outboxes = this.#outboxes;
    this.#outboxes = this.#spare;
    let previous: Outbox | undefined;
    for (const outbox of outboxes) {
      if (outbox.flush(previous)) previous = outbox;
    }
    // The sent frames are kept until here, so that each outbox could be compared with the one before.
    for (const outbox of outboxes) outbox.forgetSent();
    outboxes.length = 0;
    this.#spare = outboxes;
  }
}
