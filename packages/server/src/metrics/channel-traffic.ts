import { PatternTable } from '../outbound/pattern-table.js';
import type { MetricPoint } from './family.js';
import { OTHER } from './other.js';

/** What passes through the channels of one pattern. */
export interface PatternTraffic {
  readonly pattern: string;
  /** Publications made on this server. */
  publications: number;
  /** Publications handed to sockets, each as often as there are subscribers. */
  deliveries: number;
}

/** Counts what passes through channels, by the patterns of the option `channels`; other channels count together. */
export class ChannelTraffic {
  readonly #patterns: PatternTable<PatternTraffic>;
  readonly #all: readonly PatternTraffic[];
  readonly #others = noTraffic(OTHER);
  /** Publications come in runs on the same channel. */
  #lastChannel = '';
  #last: PatternTraffic;

  constructor(patterns: Iterable<string>) {
    const known = [...patterns].map(noTraffic);
    this.#all = [...known, this.#others];
    this.#patterns = new PatternTable(known.map((traffic) => [traffic.pattern, traffic]));
    this.#last = this.#patterns.get('') ?? this.#others;
  }

  /** Where the traffic of a channel is counted. */
  of(channel: string): PatternTraffic {
    if (this.#all.length === 1 || channel === this.#lastChannel) return this.#last;
    this.#lastChannel = channel;
    this.#last = this.#patterns.get(channel) ?? this.#others;
    return this.#last;
  }

  points(kind: 'publications' | 'deliveries'): MetricPoint[] {
    return this.#all.map((traffic) => ({
      labels: { pattern: traffic.pattern },
      value: traffic[kind],
    }));
  }
}

function noTraffic(pattern: string): PatternTraffic {
  return { pattern, publications: 0, deliveries: 0 };
}
