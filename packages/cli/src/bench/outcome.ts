import { Latencies, type LatencySummary } from './latencies.js';
import type { BenchPlan } from './plan.js';
import {
  addCounts,
  type ConnectReport,
  type Counts,
  type FinalReport,
  type Tick,
} from './reports.js';

/** Everything that a run has shown. `--json` prints it; times are in ms. */
export interface BenchOutcome {
  readonly plan: Omit<BenchPlan, 'token' | 'headers' | 'query'>;
  readonly processes: number;
  readonly connections: {
    readonly wanted: number;
    readonly opened: number;
    readonly failed: Counts;
    /** Sessions begun a second, from the first attempt to the last session. */
    readonly perSecond: number;
    readonly handshake: LatencySummary;
  };
  readonly messages: {
    readonly sent: number;
    /** Not sent because the connection was gone. */
    readonly unsent: number;
    /** Deliveries that what was sent makes, or answers. */
    readonly expected: number;
    readonly received: number;
    readonly lost: number;
    readonly duplicate: number;
    readonly outOfOrder: number;
    readonly foreign: number;
  };
  /** From the time a message was due to its arrival. */
  readonly latency: LatencySummary;
  /** Errors that calls were answered with. */
  readonly errors: Counts;
  /** Connections that ended by themselves, by code. */
  readonly closes: Counts;
  readonly generator: Generator;
  readonly series: readonly Second[];
}

/** How the load generator fared. */
export interface Generator {
  /** How late messages left. */
  readonly lateness: LatencySummary;
  /** The longest that an event loop was behind, of all processes. */
  readonly lagMs: number;
  /** The busiest event loop: 0 to 1. */
  readonly utilization: number;
  /** Why its figures are not to be trusted; empty if they are. */
  readonly saturated: readonly string[];
}

/** One second of the run, of all processes. */
export interface Second {
  readonly second: number;
  readonly sent: number;
  readonly received: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly lagMs: number;
  readonly utilization: number;
}

/** What the processes reported. */
export interface RunReports {
  readonly connects: readonly ConnectReport[];
  /** When the first connection was due, by the clock of `lastAt`. */
  readonly connectsFrom: number;
  readonly ticks: readonly Tick[];
  readonly finals: readonly FinalReport[];
}

/** Puts together what all processes reported. */
export function summarize(plan: BenchPlan, processes: number, reports: RunReports): BenchOutcome {
  const { token: _token, headers: _headers, query: _query, ...shown } = plan;
  return {
    plan: shown,
    processes,
    connections: summarizeConnections(plan, reports),
    messages: summarizeMessages(plan, reports.finals),
    latency: mergeLatencies(reports.ticks.map(({ latencies }) => latencies)).summary(),
    errors: addCounts(reports.finals.map(({ errors }) => errors)),
    closes: addCounts(reports.finals.map(({ closes }) => closes)),
    generator: summarizeGenerator(reports.ticks),
    series: summarizeSeconds(reports.ticks),
  };
}

function summarizeConnections(
  { clients, publishers }: BenchPlan,
  { connects, connectsFrom }: RunReports,
): BenchOutcome['connections'] {
  const opened = sum(connects.map(({ connected }) => connected));
  const tookMs = Math.max(...connects.map(({ lastAt }) => lastAt)) - connectsFrom;
  return {
    wanted: clients + publishers,
    opened,
    failed: addCounts(connects.map(({ failed }) => failed)),
    perSecond: opened === 0 || tookMs <= 0 ? 0 : (opened * 1_000) / tookMs,
    handshake: mergeLatencies(connects.map(({ handshakes }) => handshakes)).summary(),
  };
}

function summarizeMessages(
  plan: BenchPlan,
  finals: readonly FinalReport[],
): BenchOutcome['messages'] {
  const total = (read: (report: FinalReport) => number) => sum(finals.map(read));
  const sent = total((report) => sum(report.sent));
  const expected = plan.scenario === 'calls' ? sent : expectedDeliveries(finals);
  const received = total((report) => sum(report.received));
  return {
    sent,
    unsent: total(({ unsent }) => unsent),
    expected,
    received,
    lost: expected - received,
    duplicate: total(({ duplicate }) => duplicate),
    outOfOrder: total(({ outOfOrder }) => outOfOrder),
    foreign: total(({ foreign }) => foreign),
  };
}

/** Each message of a line goes to each of the line's subscribers, in whatever processes they are. */
function expectedDeliveries(finals: readonly FinalReport[]): number {
  const lines = finals[0]?.sent.length ?? 0;
  let expected = 0;
  for (let line = 0; line < lines; line += 1) {
    const sent = sum(finals.map((report) => report.sent[line] ?? 0));
    const subscribers = sum(finals.map((report) => report.subscribers[line] ?? 0));
    expected += sent * subscribers;
  }
  return expected;
}

/** Above these the generator is the bottleneck, or something else that runs on its machine. */
const bounds = { utilization: 0.9, lagMs: 200, latenessP99: 50 } as const;

function summarizeGenerator(ticks: readonly Tick[]): Generator {
  const lateness = mergeLatencies(ticks.map((tick) => tick.lateness)).summary();
  const lagMs = Math.max(0, ...ticks.map((tick) => tick.lagMs));
  // A moment of work is no saturation; a second of it is.
  const utilization = Math.max(0, ...summarizeSeconds(ticks).map((second) => second.utilization));
  const saturated = [
    utilization > bounds.utilization &&
      `an event loop was busy for ${Math.round(utilization * 100)} % of a second`,
    lagMs > bounds.lagMs && `an event loop was ${Math.round(lagMs)} ms behind`,
    lateness.p99 > bounds.latenessP99 &&
      `one message in a hundred left ${Math.round(lateness.p99)} ms late`,
  ].filter((reason) => reason !== false);
  return { lateness, lagMs, utilization, saturated };
}

function summarizeSeconds(ticks: readonly Tick[]): Second[] {
  const seconds = new Map<number, Tick[]>();
  for (const tick of ticks) {
    // What is reported at the end of a second belongs to it.
    const second = Math.max(0, Math.ceil(tick.at / 1_000) - 1);
    seconds.set(second, [...(seconds.get(second) ?? []), tick]);
  }
  return [...seconds]
    .sort(([a], [b]) => a - b)
    .map(([second, its]) => {
      const latencies = mergeLatencies(its.map((tick) => tick.latencies));
      return {
        second,
        sent: sum(its.map(({ sent }) => sent)),
        received: sum(its.map(({ received }) => received)),
        p50: latencies.percentile(50),
        p99: latencies.percentile(99),
        max: latencies.percentile(100),
        lagMs: Math.max(...its.map(({ lagMs }) => lagMs)),
        utilization: sum(its.map(({ utilization }) => utilization)) / its.length,
      };
    });
}

function mergeLatencies(encoded: readonly string[]): Latencies {
  const all = new Latencies();
  for (const text of encoded) all.merge(text);
  return all;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
