import type { Outcome } from './run.js';

type Column = readonly [title: string, value: (outcomes: readonly Outcome[]) => number];

const sum =
  (name: keyof Outcome): Column[1] =>
  (outcomes) =>
    outcomes.reduce((total, outcome) => total + outcome[name], 0);

const most =
  (name: keyof Outcome): Column[1] =>
  (outcomes) =>
    Math.round(Math.max(0, ...outcomes.map((outcome) => outcome[name])));

const columns: readonly Column[] = [
  ['runs', (outcomes) => outcomes.length],
  ['acknowledged', sum('acknowledged')],
  ['unconfirmed', sum('unconfirmed')],
  ['received', sum('received')],
  ['recovered', sum('recovered')],
  ['gone', sum('gone')],
  ['told', sum('told')],
  ['missed, told', sum('missedAndTold')],
  ['lost', sum('lost')],
  ['duplicates', sum('duplicates')],
  ['out of order', sum('outOfOrder')],
  ['untold', sum('untold')],
  ['spurious', sum('spurious')],
  ['reads at once', most('readsAtOnce')],
  ['settled after at most, ms', most('settledMs')],
];

/** The outcomes as a Markdown table: sums over all runs, except where it says otherwise. */
export function outcomeTable(outcomes: ReadonlyMap<string, readonly Outcome[]>): string {
  const lines = [...outcomes].map(
    ([fault, all]) => `| ${fault} | ${columns.map(([, value]) => value(all)).join(' | ')} |`,
  );
  const head = `| fault | ${columns.map(([title]) => title).join(' | ')} |`;
  return [head, `| --- |${' --: |'.repeat(columns.length)}`, ...lines].join('\n');
}
