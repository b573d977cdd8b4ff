import { type BenchReport, reportLines } from './print-outcome.js';

/** The figures of a run as title and text: the same words as on the terminal. */
export function reportRows(report: BenchReport): [title: string, value: string][] {
  const { clients, publishers, channels, rate, durationMs, bytes } = report.plan;
  const load = [
    `${clients} clients`,
    publishers > 0 && `${publishers} publishers`,
    channels > 0 && `${channels} channels`,
    report.plan.scenario !== 'connect' && `${rate} a second of ${bytes} bytes`,
    `for ${durationMs / 1_000} s`,
  ].filter((text) => text !== false);
  return [
    ['load', load.join(', ')],
    ...reportLines(report).map(({ title, text }): [string, string] => [title, text]),
  ];
}
