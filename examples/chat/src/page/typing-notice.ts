import { byId } from './dom.js';

/** Longer than the interval of the notices, so that the notice stays while somebody keeps typing. */
const TYPING_SHOWN_MS = 3000;

/** Who is writing in the open room right now. */
export class TypingNotice {
  readonly #element = byId('typing', HTMLElement);
  readonly #timers = new Map<string, number>();

  show(name: string): void {
    clearTimeout(this.#timers.get(name));
    this.#timers.set(
      name,
      window.setTimeout(() => this.hide(name), TYPING_SHOWN_MS),
    );
    this.#render();
  }

  hide(name: string): void {
    clearTimeout(this.#timers.get(name));
    if (this.#timers.delete(name)) this.#render();
  }

  clear(): void {
    for (const name of [...this.#timers.keys()]) this.hide(name);
  }

  #render(): void {
    const text = describe([...this.#timers.keys()]);
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
