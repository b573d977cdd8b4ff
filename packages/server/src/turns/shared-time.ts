/** The time that sockets with much to do, floods and batches, may take in one turn of the event loop together. */
export class SharedTime {
  #endMs: number | undefined;

  /** When the work of this turn ends, in monotonic ms: `limitMs` after somebody asked first. */
  endMs(limitMs: number): number {
    if (this.#endMs === undefined) {
      this.#endMs = performance.now() + limitMs;
      setImmediate(this.#onTurnEnd);
    }
    return this.#endMs;
  }

  /** Whether it has been used up. */
  isOver(limitMs: number): boolean {
    return performance.now() > this.endMs(limitMs);
  }

  readonly #onTurnEnd = (): void => {
    this.#endMs = undefined;
  };
}
