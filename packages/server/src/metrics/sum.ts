import {
  type CounterFamily,
  type GaugeFamily,
  type HistogramFamily,
  type HistogramPoint,
  labelKey,
  type MetricFamily,
  type MetricLabels,
  type MetricPoint,
} from './family.js';

const merges: Readonly<Record<GaugeFamily['merge'], (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  max: Math.max,
  min: Math.min,
};

/**
 * What several processes together have, family by family in the order in which names come up. Counters and histograms
 * add up, gauges as they say, and of facts each is kept once. Nothing that was given is changed.
 *
 * Where two families of one name are of different kinds or bounds, as two versions of a program may have them during a
 * rolling restart, the first one counts and the other is left out.
 */
export function sumMetricFamilies(
  processes: Iterable<readonly MetricFamily[]>,
): readonly MetricFamily[] {
  const sums = new Map<string, MetricFamily>();
  for (const families of processes) {
    for (const family of families) {
      const sum = sums.get(family.name);
      sums.set(family.name, sum === undefined ? family : addFamily(sum, family));
    }
  }
  return [...sums.values()];
}

function addFamily(sum: MetricFamily, family: MetricFamily): MetricFamily {
  if (sum.type === 'counter' && family.type === 'counter')
    return addValues(sum, family, merges.add);
  if (sum.type === 'gauge' && family.type === 'gauge') {
    return sum.merge === family.merge ? addValues(sum, family, merges[sum.merge]) : sum;
  }
  if (sum.type === 'histogram' && family.type === 'histogram') {
    return isSameList(sum.bounds, family.bounds) ? addHistogram(sum, family) : sum;
  }
  if (sum.type === 'info' && family.type === 'info') {
    return { ...sum, points: mergePoints(sum.points, family.points, (known) => known) };
  }
  return sum;
}

function addValues<Family extends CounterFamily | GaugeFamily>(
  sum: Family,
  family: Family,
  merge: (a: number, b: number) => number,
): Family {
  const points = mergePoints<MetricPoint>(sum.points, family.points, (a, b) => ({
    labels: a.labels,
    value: merge(a.value, b.value),
  }));
  return { ...sum, points };
}

function addHistogram(sum: HistogramFamily, family: HistogramFamily): HistogramFamily {
  const points = mergePoints<HistogramPoint>(sum.points, family.points, (a, b) => ({
    labels: a.labels,
    counts: a.counts.map((count, index) => count + (b.counts[index] ?? 0)),
    sum: a.sum + b.sum,
  }));
  return { ...sum, points };
}

/** The points of both; those with the same labels become one. */
function mergePoints<Point extends { readonly labels: MetricLabels }>(
  some: readonly Point[],
  more: readonly Point[],
  merge: (a: Point, b: Point) => Point,
): readonly Point[] {
  const merged = new Map(some.map((point) => [labelKey(point.labels), point]));
  for (const point of more) {
    const key = labelKey(point.labels);
    const known = merged.get(key);
    merged.set(key, known === undefined ? point : merge(known, point));
  }
  return [...merged.values()];
}

function isSameList(some: readonly number[], others: readonly number[]): boolean {
  return some.length === others.length && some.every((value, index) => value === others[index]);
}
