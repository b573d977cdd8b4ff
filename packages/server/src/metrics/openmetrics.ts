import { describeValue } from '@asyngular/errors/options';
import { InvalidArgumentsError } from '@asyngular/protocol';
import type { HistogramFamily, HistogramPoint, MetricFamily, MetricLabels } from './family.js';

/** The media type of what {@link writeOpenMetrics} returns. */
export const OPEN_METRICS_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/** Names of metrics and labels (OpenMetrics 1.0, ABNF); colons are for rules of Prometheus. */
const legalName = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/**
 * The families as OpenMetrics 1.0 text, which Prometheus and its like read. Throws `InvalidArgumentsError` for a name that
 * cannot be written, or one that does not end with its unit.
 */
export function writeOpenMetrics(families: Iterable<MetricFamily>): string {
  let text = '';
  for (const family of families) text += writeFamily(family);
  return `${text}# EOF\n`;
}

function writeFamily(family: MetricFamily): string {
  const { name, type, unit, help } = family;
  assertName(name);
  if (unit !== undefined && !name.endsWith(`_${unit}`)) {
    throw new InvalidArgumentsError(
      `The metric ${describeValue(name)} has the unit ${describeValue(unit)}, and its name must end with _${unit}`,
    );
  }
  const unitLine = unit === undefined ? '' : `# UNIT ${name} ${unit}\n`;
  return `# TYPE ${name} ${type}\n${unitLine}# HELP ${name} ${escaped(help)}\n${writePoints(family)}`;
}

function writePoints(family: MetricFamily): string {
  const { name } = family;
  switch (family.type) {
    case 'counter':
      return join(family.points, ({ labels, value }) =>
        writeSample(`${name}_total`, labels, value),
      );
    case 'gauge':
      return join(family.points, ({ labels, value }) => writeSample(name, labels, value));
    case 'info':
      return join(family.points, ({ labels }) => writeSample(`${name}_info`, labels, 1));
    case 'histogram':
      return join(family.points, (point) => writeHistogram(family, point));
  }
}

/** Buckets count everything below their upper end. */
function writeHistogram(
  { name, bounds }: HistogramFamily,
  { labels, counts, sum }: HistogramPoint,
): string {
  let total = 0;
  let text = '';
  for (const [index, count] of counts.entries()) {
    total += count;
    text += writeSample(`${name}_bucket`, { ...labels, le: writeBound(bounds[index]) }, total);
  }
  return (
    text + writeSample(`${name}_count`, labels, total) + writeSample(`${name}_sum`, labels, sum)
  );
}

/** Canonical, so that a bucket keeps its label: 1 is `1.0`. */
function writeBound(bound: number | undefined): string {
  if (bound === undefined) return '+Inf';
  return Number.isInteger(bound) ? bound.toFixed(1) : String(bound);
}

function writeSample(name: string, labels: MetricLabels, value: number): string {
  const written = Object.entries(labels).map(([label, text]) => {
    assertName(label);
    return `${label}="${escaped(text)}"`;
  });
  return `${name}${written.length > 0 ? `{${written.join(',')}}` : ''} ${writeNumber(value)}\n`;
}

function writeNumber(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', '\n': '\\n' };

function escaped(text: string): string {
  return text.replace(/[\\"\n]/g, (character) => escapes[character] ?? character);
}

function assertName(name: string): void {
  if (legalName.test(name)) return;
  throw new InvalidArgumentsError(
    `The name ${describeValue(name)} of a metric or label has other characters than letters, digits and _, or begins ` +
      'with a digit',
  );
}

function join<Item>(items: readonly Item[], write: (item: Item) => string): string {
  return items.map(write).join('');
}
