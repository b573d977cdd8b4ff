import type { DragEvent } from 'react';

/** What a dragged card is called in the browser's drag and drop, so that nothing else is taken for one. */
const TYPE = 'application/x-kanban-card';

export function startDrag({ dataTransfer }: DragEvent, card: string): void {
  dataTransfer.setData(TYPE, card);
  dataTransfer.effectAllowed = 'move';
}

export function isCardDragged({ dataTransfer }: DragEvent): boolean {
  return dataTransfer.types.includes(TYPE);
}

export function draggedCard({ dataTransfer }: DragEvent): string {
  return dataTransfer.getData(TYPE);
}

/** Before which of the list's cards something at this height belongs. */
export function indexAt(list: HTMLElement, clientY: number): number {
  const cards = [...list.querySelectorAll<HTMLElement>('.card')];
  const index = cards.findIndex((card) => {
    const { top, height } = card.getBoundingClientRect();
    return clientY < top + height / 2;
  });
  return index < 0 ? cards.length : index;
}
