import { nextTurn } from './next-turn.js';

/** Items that all streams together may produce in one turn of the event loop: a millisecond or two. */
const ITEMS_PER_TURN = 1_024;

/** Lets streams that never wait go on over turns of the event loop, so that others get theirs in between. */
export class StreamTurns {
  #produced = 0;
  #next: Promise<void> | undefined;

  /** Undefined if the turn has room for one more item, which is counted; else the next turn, to ask again. */
  take(): Promise<void> | undefined {
    this.#next ??= nextTurn().then(() => {
      this.#produced = 0;
      this.#next = undefined;
    });
    return this.#produced++ < ITEMS_PER_TURN ? undefined : this.#next;
  }
}
