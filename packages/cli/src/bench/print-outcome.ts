import { print, type Style, styled, type Terminal } from '../terminal.js';
import { showText } from '../values.js';
import type { LatencySummary } from './latencies.js';
import type { JudgedLimit } from './limits.js';
import type { BenchOutcome } from './outcome.js';
import type { Counts } from './reports.js';
import { CPU_COUNTER, type ServerCounters } from './server-counters.js';

/** A run as it is kept: what it has shown, and what was asked of it. */
export interface BenchReport extends BenchOutcome {
  /** Counters of the server that were added while it was measured; empty where none were read. */
  readonly server: ServerCounters;
  readonly limits: readonly JudgedLimit[];
}

/** A line about a run. */
export interface ReportLine {
  readonly title: string;
  readonly text: string;
  readonly style?: Style | undefined;
}

/** Writes a run for people. */
export function printReport(report: BenchReport, terminal: Terminal): void {
  for (const { title, text, style } of reportLines(report)) {
    const styledText = style === undefined ? text : styled(terminal, style, text);
    print(terminal, `${styled(terminal, 'bold', title.padEnd(13))}${styledText}`);
  }
}

/** What there is to say of a run, from the first connection to the limits. */
export function reportLines(report: BenchReport): ReportLine[] {
  const { connections, messages, latency, generator, plan, errors, closes, server } = report;
  const lines: (ReportLine | false)[] = [
    { title: 'connections', text: connectionText(connections) },
    { title: 'handshake', text: latencyText(connections.handshake) },
    ...(plan.scenario === 'connect'
      ? []
      : [{ title: 'messages', text: messageText(report) }, lossLine(messages)]),
    latency.count > 0 && { title: 'latency', text: latencyText(latency) },
    hasAny(errors) && { title: 'errors', text: countText(errors), style: 'yellow' },
    hasAny(closes) && { title: 'closes', text: countText(closes), style: 'yellow' },
    hasAny(server) && { title: 'server', text: serverText(report) },
    { title: 'generator', text: generatorText(report) },
    ...generator.saturated.map(saturatedLine),
    ...report.limits.map(limitLine),
  ];
  return lines.filter((line) => line !== false);
}

function saturatedLine(reason: string): ReportLine {
  return { title: 'saturated', text: `${reason}: do not trust these figures`, style: 'red' };
}

/** What became of a limit. */
export function limitLine({ name, limit, value, isKept }: JudgedLimit): ReportLine {
  const text = `${option(name)} ${limit}: ${number(value)}, ${isKept ? 'kept' : 'missed'}`;
  return { title: 'limit', text, style: isKept ? 'green' : 'red' };
}

/** `maxLoss` → `--max-loss`. */
function option(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function connectionText({
  opened,
  wanted,
  failed,
  perSecond,
}: BenchOutcome['connections']): string {
  const text = `${opened} of ${wanted}, ${number(perSecond)} a second`;
  return hasAny(failed) ? `${text}; failed: ${countText(failed)}` : text;
}

function messageText({ messages, plan }: BenchOutcome): string {
  const rate = (count: number) => number((count * 1_000) / plan.durationMs);
  return `${messages.sent} sent (${rate(messages.sent)} a second), ${messages.received} of ${messages.expected} received (${rate(messages.received)} a second)`;
}

function lossLine({
  lost,
  duplicate,
  outOfOrder,
  unsent,
  foreign,
}: BenchOutcome['messages']): ReportLine {
  const texts = [`${lost} lost`, `${duplicate} duplicate`, `${outOfOrder} out of order`];
  if (unsent > 0) texts.push(`${unsent} not sent for want of a connection`);
  if (foreign > 0) texts.push(`${foreign} of others`);
  const isGood = lost + duplicate + outOfOrder + unsent === 0;
  return { title: 'faults', text: texts.join(', '), style: isGood ? undefined : 'yellow' };
}

function latencyText({ count, p50, p95, p99, p999, max }: LatencySummary): string {
  if (count === 0) return 'none';
  const named = { p50, p95, p99, 'p99.9': p999, max };
  return Object.entries(named)
    .map(([name, value]) => `${name} ${number(value)} ms`)
    .join('  ');
}

function serverText({ server, messages }: BenchReport): string {
  const { [CPU_COUNTER]: cpuMs, ...counters } = server;
  const texts = Object.entries(counters)
    .filter(([, value]) => value !== 0)
    .map(([name, value]) => `${name.replace(/^asyngular_|_total$/g, '')} ${number(value)}`);
  if (cpuMs === undefined) return texts.join(', ');
  const perUnit = (cpuMs * 1_000) / Math.max(1, messages.received);
  return [
    `${number(cpuMs)} ms of CPU time, ${number(perUnit)} µs for each received`,
    ...texts,
  ].join(', ');
}

function generatorText({
  generator: { lateness, lagMs, utilization },
  processes,
}: BenchOutcome): string {
  const where =
    processes === 0 ? 'this process' : `${processes} process${processes === 1 ? '' : 'es'}`;
  return `${where}, busiest ${Math.round(utilization * 100)} %, messages left ${number(lateness.p99)} ms late (p99), loop lag at most ${number(lagMs)} ms`;
}

function hasAny(counts: Counts): boolean {
  return Object.keys(counts).length > 0;
}

function countText(counts: Counts): string {
  return Object.entries(counts)
    .map(([name, count]) => `${count} × ${showText(name)}`)
    .join(', ');
}

/** Three digits that mean something, and no exponents. */
export function number(value: number): string {
  if (Number.isInteger(value) || value >= 1_000) return String(Math.round(value));
  return String(Number(value.toPrecision(3)));
}
