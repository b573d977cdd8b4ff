import { useCallback, useMemo } from 'react';
import { boardOf } from '../shared/board.js';
import { BOARD, HISTORY_SIZE } from '../shared/channel.js';
import type { Edit } from '../shared/kanban-contract.js';
import { useMessages } from './hooks.js';

/** The board, and what can be done with it. What is done shows at once, and goes to the server when there is one. */
export function useBoard() {
  const { messages, status, gap, publish, retry, discard, reload } = useMessages(BOARD, {
    limit: HISTORY_SIZE,
  });
  // What becomes of it is among the messages.
  const edit = useCallback((edit: Edit) => void publish(edit), [publish]);
  return useMemo(
    () => ({
      board: boardOf(messages),
      status,
      /** Edits that wait for a server. */
      pending: messages.filter((message) => message.pending).length,
      /** Edits that the server has refused. */
      failed: messages.filter((message) => message.error !== null),
      /** Edits may be missing that the history does not reach back to. */
      gap,
      edit,
      retry,
      discard,
      reload: () => void reload(),
    }),
    [messages, status, gap, edit, retry, discard, reload],
  );
}

export type BoardState = ReturnType<typeof useBoard>;
