import { showText } from '../values.js';

/** A column of a table: its title, and how a row's cell reads. */
export interface Column<Row> {
  readonly title: string;
  readonly text: (row: Row) => string;
  /** What rows are sorted by; columns of names have none. */
  readonly value?: (row: Row) => number;
}

/** Rows by a column, the largest first. Without such a column, as they come. */
export function sorted<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  title: string,
): Row[] {
  const value = columns.find((column) => column.title === title)?.value;
  return value ? rows.toSorted((a, b) => value(b) - value(a)) : [...rows];
}

/** The first column is cut where names are longer. */
const LONGEST_NAME = 28;
const GAP = '  ';

/**
 * A table as lines, of which the first are the titles. Numbers are on the right of their columns. Where the terminal is
 * too narrow the last columns are left out, so that the most important ones come first.
 */
export function tableLines<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  maxWidth: number,
): string[] {
  const cells = [
    columns.map(({ title }) => title),
    ...rows.map((row) => columns.map(({ text }) => text(row))),
  ];
  const widths = columns.map((_, index) =>
    cells.reduce((longest, line) => Math.max(longest, line[index]?.length ?? 0), 0),
  );
  const first = Math.min(widths[0] ?? 0, LONGEST_NAME, maxWidth);
  const shown = columnsThatFit(first, widths.slice(1), maxWidth);
  return cells.map(([name = '', ...figures]) => {
    const texts = figures
      .slice(0, shown)
      .map((cell, index) => cell.padStart(widths[index + 1] ?? 0));
    return [cut(showText(name), first).padEnd(first), ...texts].join(GAP);
  });
}

function columnsThatFit(first: number, widths: readonly number[], maxWidth: number): number {
  let left = maxWidth - first;
  const tooWide = widths.findIndex((width) => {
    left -= width + GAP.length;
    return left < 0;
  });
  return tooWide < 0 ? widths.length : tooWide;
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}
