import { consume, create } from '@asyngular/client';
import type { CursorsApi } from '../shared/cursors-api.js';
import { Board } from './board.js';

const board = new Board(document.querySelector<HTMLElement>('#board')!);
const name = document.querySelector<HTMLInputElement>('#name')!;
const count = document.querySelector<HTMLElement>('#count')!;

name.value = sessionStorage.getItem('name') ?? `Guest ${Math.floor(Math.random() * 1000)}`;

const socket = create<CursorsApi>();
// In the middle, until the pointer comes.
const { presence } = socket.subscribe('board', { presence: { name: name.value, x: 0.5, y: 0.5 } });

consume(presence.changes(), (change) => {
  if (change.type === 'leave') board.remove(change.member.key);
  else if (change.type === 'sync') board.replace([...change.members.values()], presence.key);
  else if (change.member && change.member.key !== presence.key) board.move(change.member);
  count.textContent = presence.count === 1 ? 'Only you' : `${presence.count} here`;
});

board.element.addEventListener('pointermove', (event) => {
  // Merged at once, and sent twenty times a second at most.
  presence.update(board.placeOf(event));
});
name.addEventListener('input', () => {
  sessionStorage.setItem('name', name.value);
  presence.update({ name: name.value });
});
