import type { PresenceMember } from '@asyngular/client';
import type { Cursor } from '../shared/cursors-api.js';

/** How much of the way to where it is a cursor goes in a frame: places come 20 times a second, frames 60 times. */
const PACE = 0.35;
/** Closer than this, in parts of the board, it is there. */
const NEAR = 0.0005;

interface Arrow {
  readonly element: HTMLElement;
  readonly label: HTMLElement;
  x: number;
  y: number;
  target: Cursor;
}

/** The cursors of the others. Each of them glides from one place to the next. */
export class Board {
  readonly element: HTMLElement;
  readonly #arrows = new Map<string, Arrow>();
  #size: DOMRect;
  #frame = 0;

  constructor(element: HTMLElement) {
    this.element = element;
    this.#size = element.getBoundingClientRect();
    new ResizeObserver(() => this.#onResize()).observe(element);
  }

  /** Where on the board the pointer is. */
  placeOf({ clientX, clientY }: PointerEvent): Pick<Cursor, 'x' | 'y'> {
    const { left, top, width, height } = this.#size;
    return { x: within((clientX - left) / width), y: within((clientY - top) / height) };
  }

  move({ key, state }: PresenceMember<Cursor>): void {
    let arrow = this.#arrows.get(key);
    if (!arrow) {
      arrow = createArrow(key, state);
      this.#arrows.set(key, arrow);
      this.element.append(arrow.element);
      this.#place(arrow);
    }
    arrow.target = state;
    if (arrow.label.textContent !== state.name) arrow.label.textContent = state.name;
    this.#frame ||= requestAnimationFrame(() => this.#glide());
  }

  remove(key: string): void {
    this.#arrows.get(key)?.element.remove();
    this.#arrows.delete(key);
  }

  /** These are all; others have left. */
  replace(members: readonly PresenceMember<Cursor>[], own?: string): void {
    const keys = new Set(members.map(({ key }) => key));
    for (const key of this.#arrows.keys()) if (!keys.has(key)) this.remove(key);
    for (const member of members) if (member.key !== own) this.move(member);
  }

  /** One step of all that are on their way; the last one to arrive ends the frames. */
  #glide(): void {
    let isMoving = false;
    for (const arrow of this.#arrows.values()) {
      const { target } = arrow;
      const [dx, dy] = [target.x - arrow.x, target.y - arrow.y];
      if (dx === 0 && dy === 0) continue;
      const isNear = Math.abs(dx) < NEAR && Math.abs(dy) < NEAR;
      arrow.x = isNear ? target.x : arrow.x + dx * PACE;
      arrow.y = isNear ? target.y : arrow.y + dy * PACE;
      this.#place(arrow);
      isMoving = true;
    }
    this.#frame = isMoving ? requestAnimationFrame(() => this.#glide()) : 0;
  }

  #place({ element, x, y }: Arrow): void {
    const { width, height } = this.#size;
    element.style.transform = `translate(${x * width}px, ${y * height}px)`;
  }

  #onResize(): void {
    this.#size = this.element.getBoundingClientRect();
    for (const arrow of this.#arrows.values()) this.#place(arrow);
  }
}

function createArrow(key: string, target: Cursor): Arrow {
  const element = document.createElement('div');
  const label = document.createElement('span');
  element.className = 'cursor';
  element.style.setProperty('--hue', String(hueOf(key)));
  element.append(label);
  return { element, label, x: target.x, y: target.y, target };
}

/** The same colour for a key on every page. */
function hueOf(key: string): number {
  let hue = 0;
  for (const character of key) hue = (hue * 31 + character.codePointAt(0)!) % 360;
  return hue;
}

function within(value: number): number {
  return Math.min(1, Math.max(0, value));
}
