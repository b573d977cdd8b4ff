import type { PresenceMember } from '@asyngular/client';
import { type FormEvent, type PointerEventHandler, useCallback, useRef, useState } from 'react';
import { type Board, type Card, orderAt } from '../shared/board.js';
import { type ColumnId, columnTitles } from '../shared/columns.js';
import type { Edit, Person } from '../shared/kanban-contract.js';
import { CardView } from './card-view.js';
import { Cursors } from './cursors.js';
import { draggedCard, indexAt, isCardDragged } from './drag.js';
import { moveCard, type Place } from './move-card.js';

interface ColumnProps {
  readonly id: ColumnId;
  readonly board: Board;
  readonly others: readonly PresenceMember<Person>[];
  readonly edit: (edit: Edit) => void;
  readonly onOpen: (card: Card) => void;
  readonly onPointerMove: PointerEventHandler<HTMLElement>;
}

export function Column({ id, board, others, edit, onOpen, onPointerMove }: ColumnProps) {
  const cards = board[id];
  const list = useRef<HTMLOListElement>(null);
  /** Before which card a dragged one would come; null while none is over this column. */
  const [target, setTarget] = useState<number | null>(null);

  const move = useCallback(
    (card: string, place: Place) => moveCard(board, card, place, edit),
    [board, edit],
  );
  const add = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const title = String(new FormData(form).get('title')).trim();
    if (title === '') return;
    edit({ card: crypto.randomUUID(), title, column: id, order: orderAt(cards, cards.length) });
    form.reset();
  };

  return (
    <section
      className="column"
      aria-labelledby={`column-${id}`}
      onPointerMove={onPointerMove}
      onDragOver={(event) => {
        if (!isCardDragged(event)) return;
        event.preventDefault();
        setTarget(indexAt(list.current!, event.clientY));
      }}
      onDragLeave={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setTarget(null);
      }}
      onDrop={(event) => {
        event.preventDefault();
        setTarget(null);
        const index = indexAt(list.current!, event.clientY);
        move(draggedCard(event), { column: id, index });
      }}
    >
      <h2 id={`column-${id}`}>
        {columnTitles[id]} <span className="count">{cards.length}</span>
      </h2>
      <ol ref={list}>
        {cards.map((card, index) => (
          <CardView
            key={card.id}
            card={card}
            isTarget={target === index}
            index={index}
            editor={others.find(({ state }) => state.editing === card.id)}
            onOpen={onOpen}
            onMove={move}
          />
        ))}
        {target === cards.length && <li className="target" aria-hidden="true" />}
      </ol>
      <form onSubmit={add} className="add">
        <input
          name="title"
          maxLength={120}
          aria-label={`New card in ${columnTitles[id]}`}
          placeholder="Add a card"
          autoComplete="off"
        />
        <button type="submit" className="quiet" aria-label={`Add to ${columnTitles[id]}`}>
          +
        </button>
      </form>
      <Cursors column={id} others={others} />
    </section>
  );
}
