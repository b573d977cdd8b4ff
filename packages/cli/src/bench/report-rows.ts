import { type BenchReport, reportLines } from './print-outcome.js';

/** The figures of a run as title and text: the same words as on the terminal. */
export function reportRows(report: BenchReport): [title: string, value: string][] {
  const { clients, publishers, channels, rate, durationMs, bytes } = report.plan;
  const load = [
    counted(clients, 'client'),
    publishers > 0 && counted(publishers, 'publisher'),
    channels > 0 && counted(channels, 'channel'),
    report.plan.scenario !== 'connect' && `${rate} a second of ${bytes} bytes`,
    `for ${durationMs / 1_000} s`,
  ].filter((text) => text !== false);
  return [
    ['load', load.join(', ')],
    ...reportLines(report).map(({ title, text }): [string, string] => [title, text]),
  ];
}

function counted(count: number, name: string): string {
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}
