import type { Overview } from '../src/api/snapshots.js';

/** Points that are kept: five minutes. */
const MAX_POINTS = 150;

/** What the charts show, by name. */
const seriesNames = ['clients', 'publications', 'load', 'buffered'] as const;
export type SeriesName = (typeof seriesNames)[number];

/** The last minutes of a server, as this page has seen them. */
export class History {
  /** Seconds since the epoch. */
  readonly times: number[] = [];
  readonly series: Readonly<Record<SeriesName, (number | null)[]>> = {
    clients: [],
    publications: [],
    load: [],
    buffered: [],
  };
  #last: { readonly id: string; readonly at: number; readonly publications: number } | undefined;

  add(overview: Overview, at: number): void {
    const { id, stats, load, publications } = overview;
    if (this.#last !== undefined && this.#last.id !== id) this.clear();
    const last = this.#last;
    // A count that has fallen begins anew: nobody looked for a while.
    const hasRate = last !== undefined && publications >= last.publications && at > last.at;
    const rate = hasRate ? ((publications - last.publications) * 1_000) / (at - last.at) : null;
    this.#last = { id, at, publications };
    this.times.push(at / 1_000);
    this.series.clients.push(stats.clients);
    this.series.publications.push(rate);
    this.series.load.push(load * 100);
    this.series.buffered.push(stats.bufferedBytes);
    if (this.times.length <= MAX_POINTS) return;
    this.times.shift();
    for (const name of seriesNames) this.series[name].shift();
  }

  /** The newest value; `null`: not known yet. */
  latest(name: SeriesName): number | null {
    return this.series[name].at(-1) ?? null;
  }

  clear(): void {
    this.times.length = 0;
    for (const name of seriesNames) this.series[name].length = 0;
    this.#last = undefined;
  }
}
