import { BOARD } from '../shared/channel.js';
import type { MadeEdit } from '../shared/kanban-contract.js';
import type { KanbanServer } from './kanban-server.js';

const cards = [
  ['todo', 'a0', 'Open this board in a second window', 'Every change is there at once.'],
  ['todo', 'a1', 'Drag me to another column', 'Or select me, and press Alt with an arrow key.'],
  ['doing', 'a0', 'End the server that you are on', 'Its process id stands above the board.'],
  ['doing', 'a1', 'Go offline and change something', 'It is sent when you are back.'],
  ['done', 'a0', 'Start two servers and Redis by one command', ''],
] as const;

/** Puts cards on a board that has none. Two servers that do so at once write the same cards. */
export async function addFirstCards({ exchange }: KanbanServer): Promise<void> {
  const { publications } = await exchange.history(BOARD, { limit: 1 });
  if (publications.length > 0) return;
  for (const [index, [column, order, title, text]] of cards.entries()) {
    const edit: MadeEdit = {
      ...{ card: `first-${index}`, column, order, title, text },
      ...{ by: 'Asyngular', at: Date.now() },
    };
    await exchange.invokePublish(BOARD, edit, { id: `first-${index}` });
  }
}
