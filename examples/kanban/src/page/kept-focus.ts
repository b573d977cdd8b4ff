import { type RefObject, useLayoutEffect, useRef } from 'react';

/** The card that a key has just moved: in another column it is another element, which is to have the focus then. */
let moved: string | null = null;

/** Lets the card have the focus where it will be. */
export function keepFocus(card: string): void {
  moved = card;
}

/** For the element of a card. */
export function useKeptFocus(card: string): RefObject<HTMLButtonElement | null> {
  const element = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    if (moved !== card) return;
    moved = null;
    element.current?.focus();
  }, [card]);
  return element;
}
