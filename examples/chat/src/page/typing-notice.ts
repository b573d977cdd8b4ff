import { byId } from './dom.js';

/** Who is writing in the open room right now. */
export class TypingNotice {
  readonly #element = byId('typing', HTMLElement);

  show(names: readonly string[]): void {
    const text = describe(names);
    // Writing the same text again would make screen readers repeat it.
    if (this.#element.textContent !== text) this.#element.textContent = text;
  }
}

function describe(names: readonly string[]): string {
  const [first, second] = names;
  if (!first) return '';
  if (!second) return `${first} is typing…`;
  if (names.length === 2) return `${first} and ${second} are typing…`;
  return `${names.length} people are typing…`;
}
