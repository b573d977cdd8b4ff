declare const gc: (() => void) | undefined;

const SAMPLE_MS = 20;
const MIB = 2 ** 20;

/** Watches the resident memory of this process. */
export class MemoryWatch {
  readonly #startBytes: number;
  readonly #timer: NodeJS.Timeout;
  #highestBytes: number;

  constructor() {
    gc?.();
    this.#startBytes = process.memoryUsage.rss();
    this.#highestBytes = this.#startBytes;
    this.#timer = setInterval(() => this.#sample(), SAMPLE_MS);
  }

  /** Growth since the start at its highest, in MiB. */
  stop(): number {
    this.#sample();
    clearInterval(this.#timer);
    return (this.#highestBytes - this.#startBytes) / MIB;
  }

  #sample(): void {
    this.#highestBytes = Math.max(this.#highestBytes, process.memoryUsage.rss());
  }
}
