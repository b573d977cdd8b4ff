import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { moveCard } from '../src/page/move-card.js';
import { type Board, boardOf, type KnownEdit, orderAt } from '../src/shared/board.js';
import { type ColumnId, columnIds } from '../src/shared/columns.js';
import type { Edit } from '../src/shared/kanban-contract.js';

const known = (edits: readonly Edit[]): KnownEdit[] => edits.map((data) => ({ data }));
const titles = (board: Board) =>
  Object.fromEntries(columnIds.map((id) => [id, board[id].map(({ title }) => title)]));

/** The order of cards a, b and c in `todo`. */
const three: Edit[] = ['a', 'b', 'c'].map((id, index) => ({
  card: id,
  title: id,
  order: `a${index}`,
}));

describe('boardOf()', () => {
  it('changes the parts that an edit names, and no others', () => {
    const edits: Edit[] = [
      ...three,
      { card: 'a', text: 'by Ada' },
      { card: 'a', title: 'A', column: undefined },
      { card: 'b', column: 'done' },
      { card: 'c', isRemoved: true },
    ];
    const board = boardOf(known(edits));
    expect(titles(board)).toEqual({ todo: ['A'], doing: [], done: ['b'] });
    expect(board.todo[0]).toMatchObject({ title: 'A', text: 'by Ada', order: 'a0' });
  });

  it('shows what waits, and not what was refused', () => {
    const board = boardOf([
      ...known(three),
      { data: { card: 'a', title: 'A' }, pending: true },
      { data: { card: 'b', title: 'B' }, error: new Error('refused') },
    ]);
    expect(board.todo.map(({ title, isPending }) => [title, isPending])).toEqual([
      ['A', true],
      ['b', false],
      ['c', false],
    ]);
  });
});

describe('moveCard()', () => {
  const board = boardOf(known(three));
  const moved = (card: string, column: ColumnId, index: number) => {
    const edits: Edit[] = [];
    moveCard(board, card, { column, index }, (edit) => edits.push(edit));
    return { edits, after: titles(boardOf(known([...three, ...edits]))) };
  };

  it.each([
    ['a', 3, ['b', 'c', 'a']],
    ['a', 2, ['b', 'a', 'c']],
    ['c', 0, ['c', 'a', 'b']],
    ['c', 1, ['a', 'c', 'b']],
  ] as const)('moves %s before the card with index %i', (card, index, expected) => {
    expect(moved(card, 'todo', index).after.todo).toEqual(expected);
  });

  it.each([
    ['b', 1],
    ['b', 2],
    ['unknown', 0],
  ] as const)('publishes nothing when %s stays where it is (%i)', (card, index) => {
    expect(moved(card, 'todo', index).edits).toEqual([]);
  });

  it('moves to another column', () => {
    expect(moved('b', 'done', 0).after).toEqual({ todo: ['a', 'c'], doing: [], done: ['b'] });
  });
});

it('finds a place between any two cards, and all who have the same edits have the same board', () => {
  const step = fc.record({
    card: fc.integer({ min: 0, max: 9 }),
    column: fc.constantFrom(...columnIds),
    index: fc.nat(12),
    /** How many of the latest edits the person has not seen yet. */
    behind: fc.nat(4),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const edits: Edit[] = [];
      for (const { card, column, index, behind } of steps) {
        const seen = boardOf(known(edits.slice(0, edits.length - behind)));
        const isNew = !columnIds.some((id) => seen[id].some(({ id }) => id === `c${card}`));
        if (isNew) {
          const order = orderAt(seen[column], seen[column].length);
          edits.push({ card: `c${card}`, title: `card ${card}`, column, order });
          continue;
        }
        const at = Math.min(index, seen[column].length);
        moveCard(seen, `c${card}`, { column, index: at }, (edit) => {
          edits.push(edit);
          const cards = boardOf(known([...edits.slice(0, edits.length - 1 - behind), edit]))[
            column
          ];
          const neighbours = seen[column].filter(({ id }) => id !== `c${card}`);
          // It comes to stand where it was put, as far as the person could see; cards in one place stand by their ids.
          const isUnique = new Set(neighbours.map(({ order }) => order)).size === neighbours.length;
          if (behind === 0 && isUnique) {
            const before = seen[column].slice(0, at).filter(({ id }) => id !== `c${card}`);
            expect(cards.findIndex(({ id }) => id === `c${card}`)).toBe(before.length);
          }
        });
      }
      for (const { order = 'a0' } of edits) expect(order).toMatch(/^[\dA-Za-z]{1,100}$/);
      // A page that has joined in the middle has the same in the end.
      expect(boardOf(known(edits))).toEqual(boardOf(known([...edits, ...edits.slice(-1)])));
    }),
  );
});
