/** What one client of the jitter run heard. Publications are numbered from 1. */
export class Hearing {
  duplicates = 0;
  /** Publications that came after one with a higher number. */
  outOfOrder = 0;
  /** For each reconnect that missed something: ms from the connection to the last publication missed. */
  readonly replaysMs: number[] = [];
  readonly #heard = new Set<number>();
  readonly #published: () => number;
  #last = 0;
  #connectedMs = 0;
  /** The last publication made before the connection. */
  #missedTo = 0;

  /** `published` returns the number of the last publication made. */
  constructor(published: () => number) {
    this.#published = published;
  }

  get count(): number {
    return this.#heard.size;
  }

  connected(): void {
    this.#connectedMs = performance.now();
    this.#missedTo = this.#published();
  }

  received(number: number): void {
    if (this.#heard.has(number)) {
      this.duplicates += 1;
      return;
    }
    this.#heard.add(number);
    if (number < this.#last) this.outOfOrder += 1;
    this.#last = Math.max(this.#last, number);
    if (number === this.#missedTo) this.replaysMs.push(performance.now() - this.#connectedMs);
  }
}
