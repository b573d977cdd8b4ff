import { type PointerEvent, useCallback, useMemo, useState } from 'react';
import type { Card } from '../shared/board.js';
import { BOARD } from '../shared/channel.js';
import { type ColumnId, columnIds } from '../shared/columns.js';
import { CardDialog } from './card-dialog.js';
import { Column } from './column.js';
import { Header } from './header.js';
import { usePresence } from './hooks.js';
import type { User } from './session.js';
import { Status } from './status.js';
import { useBoard } from './use-board.js';

/** Where the pointer is over a column, as others see it. */
function placeIn(column: ColumnId, event: PointerEvent<HTMLElement>) {
  const { left, top, width } = event.currentTarget.getBoundingClientRect();
  const x = Math.min(1, Math.max(0, (event.clientX - left) / width));
  return {
    column,
    x: Math.round(x * 1_000) / 1_000,
    y: Math.max(0, Math.round(event.clientY - top)),
  };
}

export function BoardPage({ user, onLogOut }: { user: User; onLogOut: () => Promise<void> }) {
  const state = useBoard();
  const { board, edit } = state;
  const [opened, setOpened] = useState<Card | null>(null);
  // The server writes the name; a page that has just come shows no cursor yet.
  const { members, update } = usePresence(BOARD, { name: user.name, cursor: null, editing: null });
  const others = useMemo(() => members.filter(({ key }) => key !== user.id), [members, user.id]);

  const open = useCallback(
    (card: Card | null) => {
      setOpened(card);
      update({ editing: card?.id ?? null });
    },
    [update],
  );
  const isThere = columnIds.some((id) => board[id].some((card) => card.id === opened?.id));

  return (
    <>
      <Header user={user} members={members} onLogOut={onLogOut} />
      <Status state={state} />
      <main className="board" onPointerLeave={() => update({ cursor: null })}>
        {columnIds.map((id) => (
          <Column
            key={id}
            id={id}
            board={board}
            others={others}
            edit={edit}
            onOpen={open}
            onPointerMove={(event) => {
              // A finger has no place while it does not touch.
              if (event.pointerType === 'mouse') update({ cursor: placeIn(id, event) });
            }}
          />
        ))}
      </main>
      {opened && (
        <CardDialog
          key={opened.id}
          card={opened}
          isRemoved={!isThere}
          board={board}
          others={others.filter(({ state: { editing } }) => editing === opened.id)}
          edit={edit}
          onClose={() => open(null)}
        />
      )}
    </>
  );
}
