/** Lets the batches of all sockets share the time that they may take in one turn of the event loop. */
export class BatchTurns {
  #endMs: number | undefined;

  /** When the work of this turn ends, in monotonic ms: `limitMs` after the first batch of the turn began. */
  endMs(limitMs: number): number {
    if (this.#endMs === undefined) {
      this.#endMs = performance.now() + limitMs;
      setImmediate(this.#onTurnEnd);
    }
    return this.#endMs;
  }

  readonly #onTurnEnd = (): void => {
    this.#endMs = undefined;
  };
}
