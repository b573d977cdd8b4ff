import { closeCodes } from '@asyngular/protocol';
import type { MetricPoint } from './family.js';
import { OTHER } from './other.js';

/** Counts the closes of sockets by code. Codes without a meaning of their own, which peers choose, count together. */
export class CloseCounts {
  readonly #byCode = new Map<number, number>(Object.values(closeCodes).map((code) => [code, 0]));
  #others = 0;

  add(code: number): void {
    const count = this.#byCode.get(code);
    if (count === undefined) this.#others++;
    else this.#byCode.set(code, count + 1);
  }

  points(): MetricPoint[] {
    return [...this.#byCode, [OTHER, this.#others] as const].map(([code, value]) => ({
      labels: { code: String(code) },
      value,
    }));
  }
}
