import type { PresenceMember } from '@asyngular/client';
import { type FormEvent, useEffect, useRef } from 'react';
import type { Board, Card } from '../shared/board.js';
import { type ColumnId, columnIds, columnTitles } from '../shared/columns.js';
import type { Edit, Person } from '../shared/kanban-contract.js';
import { moveCard } from './move-card.js';

interface CardDialogProps {
  /** As it was when it was opened: others may have changed it since. */
  readonly card: Card;
  /** Somebody has removed it since. */
  readonly isRemoved: boolean;
  readonly board: Board;
  /** Others who have it open, too. */
  readonly others: readonly PresenceMember<Person>[];
  readonly edit: (edit: Edit) => void;
  readonly onClose: () => void;
}

/** Changes a card's words, and where it is: the way that fingers and keys can go. */
export function CardDialog({ card, isRemoved, board, others, edit, onClose }: CardDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current!.showModal(), []);

  const save = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const title = String(form.get('title')).trim() || card.title;
    const text = String(form.get('text'));
    const column = String(form.get('column')) as ColumnId;
    if (isRemoved) {
      edit({ card: card.id, title, text, column, isRemoved: false });
    } else {
      // Only what this person has changed, so that others' changes of the rest stay.
      const changed: Edit = {
        card: card.id,
        ...(title !== card.title && { title }),
        ...(text !== card.text && { text }),
      };
      if (Object.keys(changed).length > 1) edit(changed);
      if (column !== card.column) moveCard(board, card.id, { column, index: 0 }, edit);
    }
    onClose();
  };

  return (
    <dialog ref={dialog} onClose={onClose} aria-labelledby="dialog-title">
      <form onSubmit={save} className="fields">
        <h2 id="dialog-title">Card</h2>
        {others.length > 0 && (
          <p className="notice">
            {others.map(({ state }) => state.name).join(', ')} has it open, too.
          </p>
        )}
        {isRemoved && (
          <p className="notice" role="alert">
            Somebody has removed this card. Save puts it back.
          </p>
        )}
        <label className="field">
          Title
          <input name="title" required maxLength={120} defaultValue={card.title} />
        </label>
        <label className="field">
          Text
          <textarea name="text" rows={5} maxLength={2_000} defaultValue={card.text} />
        </label>
        <fieldset className="choices">
          <legend>Column</legend>
          {columnIds.map((id) => (
            <label key={id} className="choice">
              <input type="radio" name="column" value={id} defaultChecked={id === card.column} />
              {columnTitles[id]}
            </label>
          ))}
        </fieldset>
        <footer>
          {!isRemoved && (
            <button
              type="button"
              className="danger"
              onClick={() => {
                edit({ card: card.id, isRemoved: true });
                onClose();
              }}
            >
              Remove
            </button>
          )}
          <button type="button" className="quiet" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="primary">
            Save
          </button>
        </footer>
      </form>
    </dialog>
  );
}
