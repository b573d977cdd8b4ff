import type { Sample } from './parse-metrics.js';

/** How many observations of a histogram are at most so large, by their upper bound. */
export type Buckets = ReadonlyMap<number, number>;

/** The buckets of a histogram: of all its points, or of those with these labels, added up. */
export function bucketsOf(
  samples: readonly Sample[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Buckets {
  const buckets = new Map<number, number>();
  for (const sample of samples) {
    if (sample.name !== `${name}_bucket`) continue;
    if (Object.entries(labels).some(([key, value]) => sample.labels[key] !== value)) continue;
    const { le = '' } = sample.labels;
    const bound = le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le);
    buckets.set(bound, (buckets.get(bound) ?? 0) + sample.value);
  }
  return buckets;
}

/** What was observed between two readings. Counters that have begun anew count from 0. */
export function since(earlier: Buckets, later: Buckets): Buckets {
  const added = [...later].map(([bound, count]) => {
    const before = earlier.get(bound) ?? 0;
    return [bound, count >= before ? count - before : count] as const;
  });
  return new Map(added);
}

/**
 * The value that a part of the observations, 0 to 1, does not exceed, as far as buckets tell: between two bounds it is
 * taken to grow evenly, as Prometheus does. Undefined when nothing was observed.
 */
export function quantile(buckets: Buckets, part: number): number | undefined {
  const sorted = [...buckets].sort(([a], [b]) => a - b);
  const total = sorted.at(-1)?.[1] ?? 0;
  if (total <= 0) return undefined;
  const rank = part * total;
  let [lower, below] = [0, 0];
  for (const [bound, count] of sorted) {
    if (count >= rank) {
      // Above the last bound nothing is known but that it was exceeded.
      if (bound === Number.POSITIVE_INFINITY || count === below) return lower;
      return lower + ((bound - lower) * (rank - below)) / (count - below);
    }
    [lower, below] = [bound, count];
  }
  return lower;
}
