import {
  build,
  decodeFromCompressedBase64,
  encodeIntoCompressedBase64,
  type Histogram,
} from 'hdr-histogram-js';

/** Longest latency that is told from longer ones: ten minutes, in µs. */
const HIGHEST_US = 600_000_000;

/** Times in ms. */
export interface LatencySummary {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** Latencies to three digits, in constant memory; can be merged with those of other processes without a loss. */
export class Latencies {
  readonly #histogram: Histogram;

  constructor() {
    this.#histogram = build({
      bitBucketSize: 32,
      lowestDiscernibleValue: 1,
      highestTrackableValue: HIGHEST_US,
      numberOfSignificantValueDigits: 3,
    });
  }

  /** Notes a latency, in ms. */
  record(ms: number): void {
    const microseconds = Math.round(ms * 1_000);
    this.#histogram.recordValue(Math.min(HIGHEST_US, Math.max(0, microseconds)));
  }

  get count(): number {
    return this.#histogram.totalCount;
  }

  /** A latency, in ms, that so many of a hundred do not exceed; 0 when there are none. */
  percentile(percent: number): number {
    return this.count === 0 ? 0 : this.#histogram.getValueAtPercentile(percent) / 1_000;
  }

  summary(): LatencySummary {
    return {
      count: this.count,
      p50: this.percentile(50),
      p95: this.percentile(95),
      p99: this.percentile(99),
      p999: this.percentile(99.9),
      max: this.percentile(100),
    };
  }

  /** Adds what other latencies, as `encode()` wrote them, hold. */
  merge(encoded: string): void {
    this.#histogram.add(decodeFromCompressedBase64(encoded));
  }

  /** As text, for another process. */
  encode(): string {
    return encodeIntoCompressedBase64(this.#histogram);
  }

  reset(): void {
    this.#histogram.reset();
  }
}
