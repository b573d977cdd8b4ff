import type { HistogramPoint, MetricLabels } from './family.js';

/** Upper ends of ranges of durations, in seconds: from what a call within the process takes to what a person gives up on. */
export const secondsBounds: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];

/** Counts durations. */
export class DurationHistogram {
  readonly #counts = new Array<number>(secondsBounds.length + 1).fill(0);
  #sum = 0;

  /** Counts `count` of the same duration. Most are short, so that the first ranges are looked at first. */
  add(ms: number, count = 1): void {
    const seconds = ms / 1_000;
    let index = 0;
    while (index < secondsBounds.length && seconds > secondsBounds[index]!) index++;
    this.#counts[index]! += count;
    this.#sum += seconds * count;
  }

  point(labels: MetricLabels): HistogramPoint {
    return { labels, counts: [...this.#counts], sum: this.#sum };
  }
}
