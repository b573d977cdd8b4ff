import { parseOpenMetrics, sampleValue } from '@asyngular/test-utils/openmetrics';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type MetricFamily, sumMetricFamilies, writeOpenMetrics } from '../src/index.js';

const labels = fc.dictionary(
  fc.stringMatching(/^[a-z_][a-z0-9_]{0,8}$/).filter((name) => name !== 'le'),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  { maxKeys: 3 },
);
const help = fc.string({ unit: 'grapheme', maxLength: 40 });
const amount = fc.integer({ min: 0, max: 2 ** 40 });

function distinct<Point extends { labels: Record<string, string> }>(point: fc.Arbitrary<Point>) {
  const key = (each: Point) => JSON.stringify(Object.entries(each.labels).sort());
  return fc.uniqueArray(point, { selector: key, maxLength: 5 });
}

const bounds = [0.005, 1, 10];
const family: fc.Arbitrary<MetricFamily> = fc.oneof(
  fc.record({
    type: fc.constant('counter' as const),
    name: fc.constant('things'),
    help,
    points: distinct(fc.record({ labels, value: amount })),
  }),
  fc
    .record({
      type: fc.constant('gauge' as const),
      name: fc.constantFrom('level_bytes', 'largest_bytes', 'smallest_bytes'),
      unit: fc.constant('bytes'),
      help,
      points: distinct(fc.record({ labels, value: fc.integer() })),
    })
    .map(
      (gauge) =>
        ({
          ...gauge,
          merge:
            gauge.name === 'level_bytes' ? 'add' : gauge.name === 'largest_bytes' ? 'max' : 'min',
        }) as const,
    ),
  fc.record({
    type: fc.constant('histogram' as const),
    name: fc.constant('took_seconds'),
    unit: fc.constant('seconds'),
    help,
    bounds: fc.constant(bounds),
    points: distinct(
      fc.record({
        labels,
        counts: fc.array(fc.nat(1_000), { minLength: 4, maxLength: 4 }),
        sum: amount,
      }),
    ),
  }),
  fc.record({
    type: fc.constant('info' as const),
    name: fc.constant('build'),
    help,
    points: distinct(fc.record({ labels })),
  }),
);
const families = fc.uniqueArray(family, { selector: ({ name }) => name, maxLength: 6 });

/** What a strict reader finds in a text, in an order of its own. */
function read(list: Iterable<MetricFamily>) {
  const samples = [...parseOpenMetrics(writeOpenMetrics(list)).values()].flatMap((each) =>
    each.samples.map((sample) =>
      JSON.stringify([sample.name, Object.entries(sample.labels).sort(), sample.value]),
    ),
  );
  return samples.sort();
}

describe('writeOpenMetrics()', () => {
  it('writes what a strict reader finds again', () => {
    fc.assert(
      fc.property(families, (list) => {
        const parsed = parseOpenMetrics(writeOpenMetrics(list));
        for (const { name, type, help: text, unit, points } of list) {
          if (points.length === 0) continue;
          expect(parsed.get(name)).toMatchObject({ type, help: text });
          expect(parsed.get(name)?.unit).toBe(unit);
        }
        for (const each of list) {
          if (each.type === 'histogram') {
            for (const { labels: of, counts, sum } of each.points) {
              const all = counts.reduce((a, b) => a + b, 0);
              expect(sampleValue(parsed, `${each.name}_count`, of)).toBe(all);
              expect(sampleValue(parsed, `${each.name}_bucket`, { ...of, le: '0.005' })).toBe(
                counts[0],
              );
              expect(sampleValue(parsed, `${each.name}_sum`, of)).toBe(sum);
            }
          } else if (each.type !== 'info') {
            const suffix = each.type === 'counter' ? '_total' : '';
            for (const { labels: of, value } of each.points) {
              expect(sampleValue(parsed, each.name + suffix, of)).toBe(value);
            }
          }
        }
      }),
    );
  });

  it('writes numbers and ends of ranges as the specification wants them', () => {
    const text = writeOpenMetrics([
      {
        name: 'level',
        type: 'gauge',
        merge: 'add',
        help: 'A "level" \\ of\nall',
        points: [
          { labels: { a: 'x"\\\n' }, value: Number.NaN },
          { labels: { a: '2' }, value: Number.POSITIVE_INFINITY },
          { labels: { a: '3' }, value: -0.5 },
        ],
      },
      {
        name: 'took',
        type: 'histogram',
        help: 'Took',
        bounds: [0.25, 1],
        points: [{ labels: {}, counts: [2, 0, 1], sum: 3.5 }],
      },
    ]);
    expect(text).toBe(
      [
        '# TYPE level gauge',
        '# HELP level A \\"level\\" \\\\ of\\nall',
        'level{a="x\\"\\\\\\n"} NaN',
        'level{a="2"} +Inf',
        'level{a="3"} -0.5',
        '# TYPE took histogram',
        '# HELP took Took',
        'took_bucket{le="0.25"} 2',
        'took_bucket{le="1.0"} 2',
        'took_bucket{le="+Inf"} 3',
        'took_count 3',
        'took_sum 3.5',
        '# EOF',
        '',
      ].join('\n'),
    );
  });

  it('refuses names that a reader would refuse', () => {
    const gauge = { type: 'gauge', merge: 'add', help: '', points: [] } as const;
    expect(() => writeOpenMetrics([{ ...gauge, name: 'a-b' }])).toThrow(/'a-b'/);
    expect(() => writeOpenMetrics([{ ...gauge, name: 'a', unit: 'bytes' }])).toThrow(/_bytes/);
    const points = [{ labels: { 'x y': '1' }, value: 1 }];
    expect(() => writeOpenMetrics([{ ...gauge, name: 'a', points }])).toThrow(/'x y'/);
  });
});

describe('sumMetricFamilies()', () => {
  it('leaves one process as it is', () => {
    fc.assert(
      fc.property(families, (list) => {
        expect(read(sumMetricFamilies([list]))).toEqual(read(list));
        expect(read(sumMetricFamilies([list, []]))).toEqual(read(list));
      }),
    );
  });

  it('comes to the same in any order and grouping, and changes nothing that it was given', () => {
    fc.assert(
      fc.property(families, families, families, (a, b, c) => {
        const before = JSON.stringify([a, b, c]);
        const sum = read(sumMetricFamilies([a, b, c]));
        expect(read(sumMetricFamilies([c, a, b]))).toEqual(sum);
        expect(read(sumMetricFamilies([sumMetricFamilies([a, b]), c]))).toEqual(sum);
        expect(JSON.stringify([a, b, c])).toBe(before);
      }),
    );
  });

  it('adds counters and histograms, and does with gauges as they say', () => {
    const process = (value: number): MetricFamily[] => [
      { name: 'c', type: 'counter', help: '', points: [{ labels: { x: '1' }, value }] },
      { name: 'g_add', type: 'gauge', merge: 'add', help: '', points: [{ labels: {}, value }] },
      { name: 'g_max', type: 'gauge', merge: 'max', help: '', points: [{ labels: {}, value }] },
      { name: 'g_min', type: 'gauge', merge: 'min', help: '', points: [{ labels: {}, value }] },
      {
        name: 'h',
        type: 'histogram',
        help: '',
        bounds: [1],
        points: [{ labels: {}, counts: [value, 1], sum: value }],
      },
      { name: 'i', type: 'info', help: '', points: [{ labels: { process: String(value) } }] },
    ];
    const parsed = parseOpenMetrics(writeOpenMetrics(sumMetricFamilies([process(3), process(5)])));
    expect(sampleValue(parsed, 'c_total', { x: '1' })).toBe(8);
    expect(sampleValue(parsed, 'g_add')).toBe(8);
    expect(sampleValue(parsed, 'g_max')).toBe(5);
    expect(sampleValue(parsed, 'g_min')).toBe(3);
    expect(sampleValue(parsed, 'h_bucket', { le: '1.0' })).toBe(8);
    expect(sampleValue(parsed, 'h_count')).toBe(10);
    expect(sampleValue(parsed, 'h_sum')).toBe(8);
    expect(sampleValue(parsed, 'i_info', { process: '3' })).toBe(1);
    expect(sampleValue(parsed, 'i_info', { process: '5' })).toBe(1);
  });

  it('goes by the first where two versions of a program disagree', () => {
    const counter = { name: 'a', type: 'counter', help: '', points: [{ labels: {}, value: 1 }] };
    const gauge = { ...counter, type: 'gauge', merge: 'add' };
    const sum = sumMetricFamilies([[counter], [gauge], [counter]] as MetricFamily[][]);
    expect(sum).toEqual([{ ...counter, points: [{ labels: {}, value: 2 }] }]);
    const histogram = { name: 'h', type: 'histogram', help: '', bounds: [1], points: [] };
    const other = { ...histogram, bounds: [2], points: [{ labels: {}, counts: [1, 1], sum: 1 }] };
    expect(sumMetricFamilies([[histogram], [other]] as MetricFamily[][])).toEqual([histogram]);
  });
});
