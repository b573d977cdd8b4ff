import { type Board, orderAt } from '../shared/board.js';
import { type ColumnId, columnIds } from '../shared/columns.js';
import type { Edit } from '../shared/kanban-contract.js';

export interface Place {
  readonly column: ColumnId;
  /** Before the card with this index, as the column is now. */
  readonly index: number;
}

/** Moves a card; where it is already, nothing is published. */
export function moveCard(
  board: Board,
  id: string,
  { column, index }: Place,
  edit: (edit: Edit) => void,
): void {
  const isKnown = columnIds.some((other) => board[other].some((card) => card.id === id));
  if (!isKnown) return;
  const at = board[column].findIndex((card) => card.id === id);
  if (at >= 0 && (index === at || index === at + 1)) return;
  const others = board[column].filter((card) => card.id !== id);
  const order = orderAt(others, at >= 0 && at < index ? index - 1 : index);
  edit({ card: id, column, order });
}
