import { span } from '../token/describe-token.js';
import { type Column, sorted, tableLines } from './table.js';
import type { PatternRow, ProcedureRow, ServerRow, TopView } from './view.js';

/** Columns of servers, the most important ones first. */
const serverColumns: readonly Column<ServerRow>[] = [
  { title: 'SERVER', text: ({ server }) => server },
  { title: 'STATE', text: stateText },
  numeric('CLIENTS', ({ clients }) => clients),
  { title: 'BUSY', text: ({ busy }) => `${Math.round(busy * 100)}%`, value: ({ busy }) => busy },
  numeric('LAG99', ({ lagP99 }) => lagP99),
  numeric('CALLS/S', ({ calls }) => calls),
  numeric('ERR/S', ({ errors }) => errors),
  numeric('PUB/S', ({ publications }) => publications),
  numeric('DELIV/S', ({ deliveries }) => deliveries),
  numeric('IN/S', ({ handshakes }) => handshakes),
  numeric('OUT/S', ({ closes }) => closes),
  numeric('DROP/S', ({ dropped }) => dropped),
  numeric('LIMIT/S', ({ limits }) => limits),
  { title: 'BUFFER', text: (row) => bytes(row.bufferedBytes), value: (row) => row.bufferedBytes },
  numeric('BACKLOG', ({ backlog }) => backlog),
  { title: 'UP', text: ({ uptimeMs }) => span(uptimeMs) },
];

const procedureColumns: readonly Column<ProcedureRow>[] = [
  { title: 'PROCEDURE', text: ({ procedure }) => procedure },
  numeric('CALLS/S', ({ calls }) => calls),
  numeric('ERR/S', ({ errors }) => errors),
  numeric('P50 MS', ({ p50 }) => p50),
  numeric('P99 MS', ({ p99 }) => p99),
];

const patternColumns: readonly Column<PatternRow>[] = [
  { title: 'CHANNELS', text: ({ pattern }) => pattern },
  numeric('PUB/S', ({ publications }) => publications),
  numeric('DELIV/S', ({ deliveries }) => deliveries),
];

/** What rows can be sorted by, in the order of the keys `<` and `>`. A table without the column keeps its order. */
export const sortTitles: readonly string[] = [
  ...new Set(
    [serverColumns, procedureColumns, patternColumns]
      .flat()
      .flatMap(({ title, value }) => (value ? [title] : [])),
  ),
];

function numeric<Row>(title: string, value: (row: Row) => number | undefined): Column<Row> {
  return {
    title,
    text: (row) => figure(value(row)),
    value: (row) => value(row) ?? 0,
  };
}

function stateText({ isReady, isBrokerUp }: ServerRow): string {
  if (!isBrokerUp) return 'no broker';
  return isReady ? 'ready' : 'not ready';
}

/** Three digits that mean something, in as few characters. */
export function figure(value: number | undefined): string {
  if (value === undefined) return '-';
  if (value >= 999_500) return `${(value / 1e6).toFixed(1)}M`;
  if (value >= 9_999.5) return `${Math.round(value / 1_000)}k`;
  if (value >= 100 || Number.isInteger(value)) return String(Math.round(value));
  return value.toFixed(1);
}

function bytes(value: number): string {
  if (value < 1_024) return `${value} B`;
  if (value < 1_048_576) return `${Math.round(value / 1_024)} KiB`;
  return `${(value / 1_048_576).toFixed(1)} MiB`;
}

/** A line of a picture, and what it is. */
export interface TopLine {
  readonly kind: 'head' | 'titles' | 'row' | 'note';
  readonly text: string;
}

/** What is on the screen besides the figures. */
export interface TopState {
  readonly time: string;
  readonly sortBy: string;
  /** What went wrong since the last picture. */
  readonly notes: readonly string[];
  /** Whether keys are read. */
  readonly hasKeys: boolean;
}

/** A picture in so many columns and rows; what does not fit is left out at the end, and said. */
export function drawTop(
  view: TopView,
  { time, sortBy, notes, hasKeys }: TopState,
  { columns, rows }: { readonly columns: number; readonly rows: number },
): TopLine[] {
  const table = <Row>(all: readonly Row[], shape: readonly Column<Row>[]): TopLine[] => {
    if (all.length === 0) return [];
    const [titles = '', ...lines] = tableLines(sorted(all, shape, sortBy), shape, columns);
    return [
      { kind: 'note', text: '' },
      { kind: 'titles', text: titles },
      ...lines.map((text): TopLine => ({ kind: 'row', text })),
    ];
  };
  const keys = hasKeys ? ', < > choose, q quits' : '';
  const lines: TopLine[] = [
    { kind: 'head', text: `asyngular top  ${time}  by ${sortBy}${keys}`.slice(0, columns) },
    ...notes.map((text): TopLine => ({ kind: 'note', text: text.slice(0, columns) })),
    ...table(view.servers, serverColumns),
    ...table(view.procedures, procedureColumns),
    ...table(view.patterns, patternColumns),
  ];
  if (lines.length <= rows) return lines;
  const left = lines.length - rows + 1;
  return [...lines.slice(0, rows - 1), { kind: 'note', text: `… ${left} more lines` }];
}
