/**
 * Spreads work that comes in crowds over turns of the event loop, in order: so much of it is done in
 * one turn, at once if nothing waits, and the rest in the next ones, after the sockets have been read.
 * The caller bounds what waits.
 */
export class TurnQueue {
  readonly #perTurn: number;
  #doneInTurn = 0;
  #isRunning = false;
  #isScheduled = false;
  readonly #waiting: (() => void)[] = [];

  constructor(perTurn: number) {
    this.#perTurn = perTurn;
  }

  /** Each piece of work counts 1. What it asks for itself comes after all that waits. */
  run(work: () => void): void {
    this.#waiting.push(work);
    if (!this.#isRunning) this.#runWaiting();
  }

  /** The work that is being done counts for more. */
  count(more: number): void {
    this.#doneInTurn += more;
  }

  #runWaiting(): void {
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      setImmediate(this.#nextTurn);
    }
    this.#isRunning = true;
    let done = 0;
    try {
      while (done < this.#waiting.length && this.#doneInTurn < this.#perTurn) {
        this.#doneInTurn++;
        this.#waiting[done++]!();
      }
    } finally {
      this.#waiting.splice(0, done);
      this.#isRunning = false;
    }
  }

  readonly #nextTurn = (): void => {
    this.#isScheduled = false;
    this.#doneInTurn = 0;
    if (this.#waiting.length > 0) this.#runWaiting();
  };
}
