import { generateKeyBetween } from 'fractional-indexing';
import { type ColumnId, columnIds } from './columns.js';
import type { Edit } from './kanban-contract.js';

/** An edit as a page knows it: those of its own that wait, or have failed, say so. */
export interface KnownEdit {
  readonly data: Edit & { readonly by?: string };
  readonly pending?: boolean;
  readonly error?: Error | null;
}

export interface Card {
  readonly id: string;
  readonly title: string;
  readonly text: string;
  readonly column: ColumnId;
  readonly order: string;
  /** Who changed it last; undefined while that is this page's, and not confirmed. */
  readonly by: string | undefined;
  /** It shows something that the server has not confirmed. */
  readonly isPending: boolean;
}

export type Board = Readonly<Record<ColumnId, readonly Card[]>>;

/**
 * The board after these edits, in their order. The channel has one order for everybody, and an edit changes the parts
 * that it names and no others: so all pages come to the same board, and two people who change different parts of one
 * card both have their way. Edits that have failed change nothing.
 */
export function boardOf(edits: readonly KnownEdit[]): Board {
  const cards = new Map<string, Card & { isRemoved: boolean }>();
  for (const { data, pending = false, error } of edits) {
    if (error) continue;
    const { card: id, by, ...parts } = data;
    const before = cards.get(id) ?? empty(id);
    cards.set(id, { ...before, ...defined(parts), by, isPending: before.isPending || pending });
  }
  const shown = [...cards.values()].filter(({ title, isRemoved }) => title !== '' && !isRemoved);
  shown.sort((a, b) => compare(a.order, b.order) || compare(a.id, b.id));
  const board = { todo: [], doing: [], done: [] } satisfies Record<ColumnId, Card[]>;
  for (const { isRemoved, ...card } of shown) (board[card.column] as Card[]).push(card);
  return board;
}

/** The `order` of a card that comes to stand before the one with this index, or at the end, among cards without itself. */
export function orderAt(cards: readonly Card[], index: number): string {
  const before = cards[index - 1]?.order ?? null;
  const after = cards[index]?.order ?? null;
  // Two people may have put cards in the same place at once: then there is no place between them.
  return before !== null && before === after
    ? generateKeyBetween(before, nextHigher(cards, index))
    : generateKeyBetween(before, after);
}

/** The column to the left (-1) or right (1); undefined at the edge. */
export function columnBeside(column: ColumnId, step: -1 | 1): ColumnId | undefined {
  return columnIds[columnIds.indexOf(column) + step];
}

function nextHigher(cards: readonly Card[], index: number): string | null {
  const order = cards[index]!.order;
  return cards.slice(index).find((card) => card.order > order)?.order ?? null;
}

function empty(id: string): Card & { isRemoved: boolean } {
  const place = { column: columnIds[0], order: 'a0' };
  return { id, title: '', text: '', ...place, by: undefined, isPending: false, isRemoved: false };
}

/** Without the members that are undefined, which would hide what was before. */
function defined<Parts extends object>(parts: Parts) {
  return Object.fromEntries(
    Object.entries(parts).filter(([, value]) => value !== undefined),
  ) as Partial<Pick<Card, 'title' | 'text' | 'column' | 'order'>> & { isRemoved?: boolean };
}

/** By code units, as keys of `fractional-indexing` want it; a locale would sort otherwise. */
function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
