import { PatternTable } from '../outbound/pattern-table.js';
import type { MetricPoint } from './family.js';
import { OTHER } from './other.js';

/** What passes through the channels of one pattern. */
export interface PatternTraffic {
  /** Publications made on this server. */
  publications: number;
  /** Publications handed to sockets, each as often as there are subscribers. */
  deliveries: number;
}

/** Counts what passes through channels, by the patterns of the option `channels`; other channels count together. */
export class ChannelTraffic {
  readonly #patterns: PatternTable<PatternTraffic>;
  readonly #byPattern: readonly (readonly [pattern: string, traffic: PatternTraffic])[];
  readonly #others: PatternTraffic = { publications: 0, deliveries: 0 };
  /** Publications come in runs on the same channel. */
  #lastChannel = '';
  #last: PatternTraffic;

  constructor(patterns: Iterable<string>) {
    this.#byPattern = [...patterns].map((pattern) => [pattern, { publications: 0, deliveries: 0 }]);
    this.#patterns = new PatternTable(this.#byPattern);
    this.#last = this.#patterns.get('') ?? this.#others;
  }

  /** Where the traffic of a channel is counted. */
  of(channel: string): PatternTraffic {
    if (this.#byPattern.length === 0 || channel === this.#lastChannel) return this.#last;
    this.#lastChannel = channel;
    this.#last = this.#patterns.get(channel) ?? this.#others;
    return this.#last;
  }

  points(kind: keyof PatternTraffic): MetricPoint[] {
    return [...this.#byPattern, [OTHER, this.#others] as const].map(([pattern, traffic]) => ({
      labels: { pattern },
      value: traffic[kind],
    }));
  }
}
