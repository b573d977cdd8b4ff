import { type GoalResult, medianOf, type ScenarioResult } from '../measure/results.js';
import { formatRatio, formatShare, formatSpread, formatValue } from './numbers.js';

/** The subject every scenario is compared with besides its baseline. */
const peer = 'socket.io';

/** One scenario as text for a terminal. */
export function formatScenario({ scenario, results, goals }: ScenarioResult): string {
  const base = medianOf(results, scenario.baseline);
  const peerMedian = scenario.baseline === peer ? undefined : medianOf(results, peer);
  const baseLabel = results.find(({ subject }) => subject === scenario.baseline)?.label;
  const hasBusy = results.some(({ samples }) => samples[0]?.busy !== undefined);
  const columns = (...[median, spread, toBase, toPeer, busy, load]: string[]) => [
    median!,
    spread!,
    toBase!,
    ...(peerMedian ? [toPeer!] : []),
    ...(hasBusy ? [busy!, load!] : []),
  ];
  const rows = [
    [
      '',
      ...columns(
        'median',
        'spread',
        `÷ ${baseLabel ?? scenario.baseline}`,
        '÷ Socket.IO',
        'busy',
        'load',
      ),
    ],
    ...results.map(({ label, median, spread, error, samples }) => {
      if (error !== undefined) return [label, ...columns('failed', '', '', '', '', '')];
      return [
        label,
        ...columns(
          formatValue(median),
          formatSpread(spread),
          formatRatio(base && median / base),
          formatRatio(peerMedian && median / peerMedian),
          formatShare(samples[0]?.busy),
          formatShare(samples[0]?.loadBusy),
        ),
      ];
    }),
  ];
  const lines = [`${scenario.title}: ${scenario.unit}  (${scenario.id})`, ...alignColumns(rows)];
  for (const { label, error } of results) {
    if (error !== undefined) lines.push(`  ${label} failed: ${error}`);
  }
  for (const goal of goals) lines.push(`  goal ${formatGoal(goal)}`);
  return lines.join('\n');
}

export function formatGoal({ text, reached, met }: GoalResult): string {
  if (met === undefined || reached === undefined) return `${text}: not measured`;
  return `${text}: ${formatValue(reached)}, ${met ? 'met' : 'NOT MET'}`;
}

function alignColumns(rows: string[][]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => {
    const cells = row.map((cell, column) => {
      return column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!);
    });
    return `  ${cells.join('  ')}`.trimEnd();
  });
}
