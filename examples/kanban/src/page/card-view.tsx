import type { PresenceMember } from '@asyngular/client';
import { type KeyboardEvent, memo } from 'react';
import { type Card, columnBeside } from '../shared/board.js';
import type { Person } from '../shared/kanban-contract.js';
import { startDrag } from './drag.js';
import { hueOf } from './hue.js';
import { keepFocus, useKeptFocus } from './kept-focus.js';
import type { Place } from './move-card.js';

interface CardViewProps {
  readonly card: Card;
  readonly index: number;
  /** A dragged card would come before this one. */
  readonly isTarget: boolean;
  /** Somebody else who has the card open. */
  readonly editor: PresenceMember<Person> | undefined;
  readonly onOpen: (card: Card) => void;
  readonly onMove: (card: string, place: Place) => void;
}

/** Not rendered again when the others only move their mice. */
export const CardView = memo(function CardView(props: CardViewProps) {
  const { card, index, isTarget, editor, onOpen, onMove } = props;
  const element = useKeptFocus(card.id);
  return (
    <>
      {isTarget && <li className="target" aria-hidden="true" />}
      <li>
        <button
          ref={element}
          type="button"
          className={`card${card.isPending ? ' pending' : ''}${editor ? ' edited' : ''}`}
          style={editor && hueOf(editor.key)}
          draggable
          aria-keyshortcuts="Alt+ArrowUp Alt+ArrowDown Alt+ArrowLeft Alt+ArrowRight"
          onDragStart={(event) => startDrag(event, card.id)}
          onClick={() => onOpen(card)}
          onKeyDown={(event) => {
            const place = placeByKey(event, card, index);
            if (!place) return;
            event.preventDefault();
            if (place.column !== card.column) keepFocus(card.id);
            onMove(card.id, place);
          }}
        >
          <span className="title">{card.title}</span>
          {card.text && <span className="text">{card.text}</span>}
          <span className="byline">
            {card.isPending ? 'Not saved yet' : card.by}
            {editor && <span className="editor">{editor.state.name} is writing</span>}
          </span>
        </button>
      </li>
    </>
  );
});

/** Where Alt and an arrow move the card. */
function placeByKey({ altKey, key }: KeyboardEvent, card: Card, index: number): Place | undefined {
  if (!altKey) return undefined;
  const { column } = card;
  switch (key) {
    case 'ArrowUp':
      return { column, index: Math.max(0, index - 1) };
    case 'ArrowDown':
      return { column, index: index + 2 };
    case 'ArrowLeft':
    case 'ArrowRight': {
      const beside = columnBeside(column, key === 'ArrowLeft' ? -1 : 1);
      return beside && { column: beside, index: 0 };
    }
    default:
      return undefined;
  }
}
