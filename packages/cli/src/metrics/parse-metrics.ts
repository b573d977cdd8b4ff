/** One line of a scrape. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

// Braces may be in quoted values, and behind the value of a line in its exemplar.
const line = /^([a-zA-Z_:][\w:]*)(?:\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\})?\s+(\S+)/;
const label = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;
const escapes: Readonly<Record<string, string>> = { '\\\\': '\\', '\\"': '"', '\\n': '\n' };

/**
 * Reads a scrape: OpenMetrics, or the older text format of Prometheus. Comments, and lines that are of neither, are left
 * out, so that endpoints of other programs do no harm.
 */
export function parseMetrics(text: string): Sample[] {
  const samples: Sample[] = [];
  for (const row of text.split('\n')) {
    const [, name, labels = '', value = ''] = line.exec(row) ?? [];
    const number = parseValue(value);
    if (name === undefined || Number.isNaN(number)) continue;
    samples.push({ name, labels: parseLabels(labels), value: number });
  }
  return samples;
}

function parseLabels(text: string): Record<string, string> {
  const labels = [...text.matchAll(label)].map(([, name = '', value = '']) => [
    name,
    value.replace(/\\[\\"n]/g, (text) => escapes[text] ?? text),
  ]);
  return Object.fromEntries(labels);
}

function parseValue(text: string): number {
  return text === '+Inf' ? Number.POSITIVE_INFINITY : Number(text);
}

/** The sum of all samples with a name, and with these labels if any are given; undefined when there are none. */
export function sumOf(
  samples: readonly Sample[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  const found = samples.filter(
    (sample) =>
      sample.name === name &&
      Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
  );
  return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0);
}
