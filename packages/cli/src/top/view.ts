import { type Sample, sumOf } from '../metrics/parse-metrics.js';
import { bucketsOf, quantile, since } from '../metrics/quantile.js';

/** One reading of an endpoint. */
export interface Reading {
  readonly url: string;
  /** ms of a monotonic clock. */
  readonly at: number;
  readonly samples: readonly Sample[];
}

/** What there is to see of a server, or of all workers behind one endpoint. Rates are per second, times in ms. */
export interface ServerRow {
  readonly server: string;
  readonly isReady: boolean;
  readonly isBrokerUp: boolean;
  readonly uptimeMs: number;
  readonly clients: number;
  readonly handshakes: number;
  readonly closes: number;
  readonly calls: number;
  readonly errors: number;
  readonly publications: number;
  readonly deliveries: number;
  readonly dropped: number;
  readonly limits: number;
  readonly bufferedBytes: number;
  readonly backlog: number;
  /** Part of a core that the event loop uses. */
  readonly busy: number;
  readonly lagP99: number | undefined;
}

/** What clients call, on all servers. */
export interface ProcedureRow {
  readonly procedure: string;
  readonly calls: number;
  readonly errors: number;
  readonly p50: number | undefined;
  readonly p99: number | undefined;
}

/** Channels of a pattern, on all servers. */
export interface PatternRow {
  readonly pattern: string;
  readonly publications: number;
  readonly deliveries: number;
}

/** One picture of `top`. */
export interface TopView {
  readonly servers: readonly ServerRow[];
  readonly procedures: readonly ProcedureRow[];
  readonly patterns: readonly PatternRow[];
}

/** Two readings of the same endpoint, the earlier one first. */
export type Pair = readonly [Reading, Reading];

/** What happened between the readings of each endpoint. */
export function viewOf(pairs: readonly Pair[]): TopView {
  return {
    servers: pairs.map(serverRow),
    procedures: byLabel(pairs, 'asyngular_calls_total', 'procedure').map(([procedure, own]) =>
      procedureRow(procedure, own),
    ),
    patterns: byLabel(pairs, 'asyngular_deliveries_total', 'pattern').map(([pattern, own]) => ({
      pattern,
      publications: total(own, 'asyngular_publications_total'),
      deliveries: total(own, 'asyngular_deliveries_total'),
    })),
  };
}

type Labels = Readonly<Record<string, string>>;

function serverRow(pair: Pair): ServerRow {
  const [earlier, later] = pair;
  const level = (name: string) => sumOf(later.samples, `asyngular_${name}`) ?? 0;
  const growth = (name: string, labels?: Labels) => rate(pair, `asyngular_${name}_total`, labels);
  const calls = growth('calls');
  const lag = 'asyngular_event_loop_lag_seconds';
  return {
    server: new URL(later.url).host,
    isReady: level('ready') === 1,
    isBrokerUp: level('broker_up') === 1,
    uptimeMs: level('uptime_seconds') * 1_000,
    clients: level('clients'),
    handshakes: growth('handshakes'),
    closes: growth('closes'),
    calls,
    errors: calls - growth('calls', { outcome: 'ok' }),
    publications: growth('publications'),
    deliveries: growth('deliveries'),
    dropped: growth('dropped_publications'),
    limits: growth('limits'),
    bufferedBytes: level('buffered_bytes'),
    backlog: level('backlog_messages'),
    busy: growth('event_loop_busy_seconds'),
    lagP99: milliseconds(
      quantile(since(bucketsOf(earlier.samples, lag), bucketsOf(later.samples, lag)), 0.99),
    ),
  };
}

function procedureRow(procedure: string, pairs: readonly Pair[]): ProcedureRow {
  const calls = total(pairs, 'asyngular_calls_total');
  const good = total(pairs, 'asyngular_calls_total', { outcome: 'ok' });
  const durations = (side: 0 | 1) =>
    bucketsOf(
      pairs.flatMap((pair) => pair[side].samples),
      'asyngular_call_duration_seconds',
    );
  const observed = since(durations(0), durations(1));
  return {
    procedure,
    calls,
    errors: calls - good,
    p50: milliseconds(quantile(observed, 0.5)),
    p99: milliseconds(quantile(observed, 0.99)),
  };
}

function milliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1_000;
}

/**
 * The values of a label that a counter has, in the order in which they first appear, each with the samples that have it.
 * They are told apart once: of thousands of procedures, each would be looked for among the samples of all.
 */
function byLabel(pairs: readonly Pair[], name: string, label: string): [string, Pair[]][] {
  const values = pairs
    .flatMap(([, { samples }]) => samples)
    .filter((sample) => sample.name === name)
    .map(({ labels }) => labels[label] ?? '');
  const parts = pairs.map(
    ([earlier, later]) => [partsOf(earlier, label), partsOf(later, label)] as const,
  );
  return [...new Set(values)].map((value) => [
    value,
    parts.map(([earlier, later]) => [earlier(value), later(value)]),
  ]);
}

/** A reading by the values of a label. */
function partsOf(reading: Reading, label: string): (value: string) => Reading {
  const groups = new Map<string | undefined, Sample[]>();
  for (const sample of reading.samples) {
    const value = sample.labels[label];
    const group = groups.get(value);
    if (group) group.push(sample);
    else groups.set(value, [sample]);
  }
  return (value) => ({ ...reading, samples: groups.get(value) ?? [] });
}

function total(pairs: readonly Pair[], name: string, labels?: Labels): number {
  return pairs.reduce((sum, pair) => sum + rate(pair, name, labels), 0);
}

/** How much a counter has grown a second. One that has begun anew, with its server, counts from 0. */
function rate([earlier, later]: Pair, name: string, labels?: Labels): number {
  const before = sumOf(earlier.samples, name, labels) ?? 0;
  const after = sumOf(later.samples, name, labels) ?? 0;
  const seconds = Math.max(1, later.at - earlier.at) / 1_000;
  return (after >= before ? after - before : after) / seconds;
}
