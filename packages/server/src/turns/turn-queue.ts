/**
 * Spreads work that comes in crowds over turns of the event loop, in order: so much of it is done in
 * one turn, at once if nothing waits, and the rest in the next ones, after the sockets have been read.
 * The caller bounds what waits.
 */
export class TurnQueue {
  readonly #perTurn: number;
  #doneInTurn = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(perTurn: number) {
    this.#perTurn = perTurn;
  }

  run(work: () => void): void {
    if (this.#doneInTurn === this.#perTurn) {
      this.#waiting.push(work);
      return;
    }
    if (this.#doneInTurn++ === 0) setImmediate(this.#nextTurn);
    work();
  }

  readonly #nextTurn = (): void => {
    const due = this.#waiting.splice(0, this.#perTurn);
    this.#doneInTurn = due.length;
    if (due.length > 0) setImmediate(this.#nextTurn);
    for (const work of due) work();
  };
}
