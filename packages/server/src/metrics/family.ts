/** Values of labels by name. */
export type MetricLabels = Readonly<Record<string, string>>;

/** What every family of metrics says of itself. */
interface DescribedFamily {
  /** Without the suffix of its kind: `asyngular_handshakes`, which is written as `asyngular_handshakes_total`. */
  readonly name: string;
  /** One sentence. */
  readonly help: string;
  /** The unit of its values, with which `name` then ends. Absent: a number of things. */
  readonly unit?: string | undefined;
}

/** One value. */
export interface MetricPoint {
  readonly labels: MetricLabels;
  readonly value: number;
}

/** Something that only grows while the process runs. */
export interface CounterFamily extends DescribedFamily {
  readonly type: 'counter';
  readonly points: readonly MetricPoint[];
}

/** Something that rises and falls. */
export interface GaugeFamily extends DescribedFamily {
  readonly type: 'gauge';
  /** What several processes together have: their sum, or the largest or smallest of their values. */
  readonly merge: 'add' | 'max' | 'min';
  readonly points: readonly MetricPoint[];
}

/** How many values there were in each range. */
export interface HistogramPoint {
  readonly labels: MetricLabels;
  /** How many values were at most each of `bounds` and above the one before it; the last is for those above all. */
  readonly counts: readonly number[];
  /** Of all values. */
  readonly sum: number;
}

/** How values are spread. */
export interface HistogramFamily extends DescribedFamily {
  readonly type: 'histogram';
  /** Upper ends of the ranges, ascending and finite. */
  readonly bounds: readonly number[];
  readonly points: readonly HistogramPoint[];
}

/** Facts in words: the labels themselves. */
export interface InfoFamily extends DescribedFamily {
  readonly type: 'info';
  readonly points: readonly { readonly labels: MetricLabels }[];
}

/**
 * Metrics of one name, as plain values: they survive `JSON.stringify()` and `structuredClone()`, so that one process can
 * send them to another, which sums them up (`sumMetricFamilies()`) and writes them down (`writeOpenMetrics()`).
 */
export type MetricFamily = CounterFamily | GaugeFamily | HistogramFamily | InfoFamily;

/** The same text for the same labels, in whatever order they were named. */
export function labelKey(labels: MetricLabels): string {
  const names = Object.keys(labels);
  if (names.length === 0) return '';
  return JSON.stringify(names.sort().map((name) => [name, labels[name]]));
}
