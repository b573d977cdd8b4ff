/** One line of values. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** All that a text says of one metric. */
export interface ParsedFamily {
  readonly name: string;
  readonly type: string;
  readonly unit: string | undefined;
  readonly help: string | undefined;
  readonly samples: Sample[];
}

/** Suffixes that the samples of each type may have; nothing else is known here. */
const suffixes: Readonly<Record<string, readonly string[]>> = {
  counter: ['_total'],
  gauge: [''],
  histogram: ['_bucket', '_count', '_sum'],
  info: ['_info'],
};

const metadata = /^# (TYPE|UNIT|HELP) ([a-zA-Z_][a-zA-Z0-9_]*) (.*)$/s;
const sampleLine = /^([a-zA-Z_][a-zA-Z0-9_]*)(?:\{(.*)\})? (\S+)$/s;
const label = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)/y;
const number = /^[+-]?(?:\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|Inf)$|^NaN$/;

/**
 * Reads OpenMetrics 1.0 text and throws for everything that the specification forbids, also where readers in use are
 * lenient: order of lines, names, units, escapes, labels given twice, buckets that do not ascend. Exemplars, timestamps and
 * the types that this library does not write are refused, too.
 */
export function parseOpenMetrics(text: string): Map<string, ParsedFamily> {
  const families = new Map<string, ParsedFamily>();
  const lines = text.split('\n');
  if (lines.pop() !== '' || lines.pop() !== '# EOF')
    throw new Error('The text does not end with # EOF');
  let current: { name: string; type?: string; unit?: string; help?: string } | undefined;
  let family: ParsedFamily | undefined;
  for (const line of lines) {
    const about = metadata.exec(line);
    if (about !== null) {
      const [, kind, name, value] = about as unknown as [string, string, string, string];
      if (family?.name === name) throw new Error(`${line} stands behind values of ${name}`);
      if (current?.name !== name || family !== undefined) {
        if (families.has(name)) throw new Error(`${name} comes up again in ${line}`);
        current = { name };
        family = undefined;
      }
      const key = kind.toLowerCase() as 'type' | 'unit' | 'help';
      if (current[key] !== undefined) throw new Error(`${line} is the second one`);
      current[key] = key === 'help' ? unescaped(value) : value;
      continue;
    }
    if (current === undefined) throw new Error(`${line} belongs to nothing`);
    if (family === undefined) {
      family = familyOf(current);
      families.set(family.name, family);
    }
    family.samples.push(parseSample(line, family));
  }
  for (const each of families.values()) check(each);
  return families;
}

/** The value of one sample; throws when there is none. */
export function sampleValue(
  families: ReadonlyMap<string, ParsedFamily>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  for (const { samples } of families.values()) {
    const found = samples.find(
      (sample) => sample.name === name && keyOf(sample.labels) === keyOf(labels),
    );
    if (found !== undefined) return found.value;
  }
  throw new Error(`There is no ${name} with the labels ${JSON.stringify(labels)}`);
}

function familyOf(given: {
  name: string;
  type?: string;
  unit?: string;
  help?: string;
}): ParsedFamily {
  const { name, type, unit, help } = given;
  if (type === undefined || !(type in suffixes)) throw new Error(`${name} has the type ${type}`);
  if (unit !== undefined && !name.endsWith(`_${unit}`))
    throw new Error(`${name} is not in ${unit}`);
  if (type === 'info' && unit !== undefined) throw new Error(`${name} is info, and has a unit`);
  return { name, type, unit, help, samples: [] };
}

function parseSample(line: string, { name: family, type }: ParsedFamily): Sample {
  const found = sampleLine.exec(line);
  if (found === null) throw new Error(`${line} is no sample`);
  const [, name, labels, value] = found as unknown as [string, string, string | undefined, string];
  if (!suffixes[type]!.some((suffix) => name === family + suffix)) {
    throw new Error(`${name} is among the samples of ${family}`);
  }
  if (!number.test(value)) throw new Error(`${line} has no number`);
  return { name, labels: parseLabels(labels, line), value: toNumber(value) };
}

function parseLabels(text: string | undefined, line: string): Record<string, string> {
  const labels: Record<string, string> = Object.create(null);
  if (text === undefined || text === '') return labels;
  label.lastIndex = 0;
  let end = 0;
  for (let found = label.exec(text); found !== null; found = label.exec(text)) {
    const [whole, name, value, separator] = found as unknown as [string, string, string, string];
    if (name in labels) throw new Error(`${line} has the label ${name} twice`);
    labels[name] = unescaped(value);
    end += whole.length;
    if (separator === '') break;
    if (end === text.length) throw new Error(`${line} has a comma too many`);
  }
  if (end !== text.length) throw new Error(`${line} has labels that cannot be read`);
  return labels;
}

function toNumber(text: string): number {
  return Number(text.replace('Inf', 'Infinity'));
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/gs, (_, character: string) => (character === 'n' ? '\n' : character));
}

function keyOf(labels: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(labels).sort());
}

function check({ name, type, samples }: ParsedFamily): void {
  const seen = new Set<string>();
  for (const sample of samples) {
    const key = sample.name + keyOf(sample.labels);
    if (seen.has(key)) throw new Error(`${key} is there twice`);
    seen.add(key);
    if (type !== 'gauge' && !(sample.value >= 0)) throw new Error(`${key} is ${sample.value}`);
    if (type === 'info' && sample.value !== 1) throw new Error(`${key} is ${sample.value}`);
  }
  if (type === 'histogram') checkBuckets(name, samples);
}

function checkBuckets(name: string, samples: readonly Sample[]): void {
  const series = new Map<string, { le: number; count: number }>();
  const counts = new Map<string, number>();
  for (const { name: of, labels, value } of samples) {
    const { le, ...others } = labels;
    const key = keyOf(others);
    if (of === `${name}_count`) counts.set(key, value);
    if (of !== `${name}_bucket`) continue;
    if (le === undefined) throw new Error(`A bucket of ${name} has no le`);
    const last = series.get(key);
    const bucket = { le: toNumber(le), count: value };
    if (last && !(bucket.le > last.le && bucket.count >= last.count)) {
      throw new Error(`The bucket ${le} of ${name} does not ascend`);
    }
    series.set(key, bucket);
  }
  for (const [key, { le, count }] of series) {
    if (le !== Number.POSITIVE_INFINITY || counts.get(key) !== count) {
      throw new Error(`The buckets of ${name} ${key} do not end with all that were counted`);
    }
  }
}
