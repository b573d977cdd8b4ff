/**
 * CPU time of this process, in ms. Unlike the clock it stands still while a busy machine runs something else, which is not
 * the fault of whoever has sent much.
 */
export function cpuNow(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** The CPU time that sockets with much to do, floods and batches, may take in one turn of the event loop together. */
export class SharedTime {
  #endMs: number | undefined;

  /** Where `cpuNow()` is when the work of this turn ends: `limitMs` after somebody asked first. */
  endMs(limitMs: number): number {
    if (this.#endMs === undefined) {
      this.#endMs = cpuNow() + limitMs;
      setImmediate(this.#onTurnEnd);
    }
    return this.#endMs;
  }

  /** Whether it has been used up. */
  isOver(limitMs: number): boolean {
    return cpuNow() > this.endMs(limitMs);
  }

  readonly #onTurnEnd = (): void => {
    this.#endMs = undefined;
  };
}
