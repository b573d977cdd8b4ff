import { checkText, MAX_TEXT_LENGTH } from '../shared/rules.js';
import { byId, describeError } from './dom.js';

/** The page reports typing at most this often; see also `TYPING_SHOWN_MS`. */
const TYPING_INTERVAL_MS = 1000;

export interface ComposerActions {
  /** Throws when the text cannot even wait to be sent. */
  say(text: string): void;
  typing(): void;
}

/** The field in which messages are written. What breaks a rule stays in it. */
export class Composer {
  readonly #actions: ComposerActions;
  readonly #text = byId('text', HTMLTextAreaElement);
  readonly #error = byId('text-error', HTMLElement);
  #lastTyping = Number.NEGATIVE_INFINITY;
  #typingTimer: number | undefined;

  constructor(actions: ComposerActions) {
    this.#actions = actions;
    this.#text.maxLength = MAX_TEXT_LENGTH;
    this.#text.addEventListener('input', () => this.#textOnInput());
    this.#text.addEventListener('keydown', (event) => this.#textOnKeydown(event));
    byId('composer', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      this.#send();
    });
  }

  focus(): void {
    this.#text.focus();
  }

  clear(): void {
    this.#text.value = '';
    this.showError('');
  }

  showError(text: string): void {
    this.#error.textContent = text;
    this.#text.setAttribute('aria-invalid', String(text !== ''));
  }

  #textOnInput(): void {
    this.showError('');
    if (this.#typingTimer !== undefined) return;
    const elapsedMs = performance.now() - this.#lastTyping;
    this.#typingTimer = window.setTimeout(
      () => this.#tellTyping(),
      Math.max(0, TYPING_INTERVAL_MS - elapsedMs),
    );
  }

  #tellTyping(): void {
    this.#typingTimer = undefined;
    if (this.#text.value.trim() === '') return;
    this.#lastTyping = performance.now();
    this.#actions.typing();
  }

  #textOnKeydown(event: KeyboardEvent): void {
    // While an input method is composing, Enter chooses a candidate and does not send.
    if (event.isComposing) return;
    if (event.key === 'Escape') this.showError('');
    if (event.key !== 'Enter' || event.shiftKey) return;
    event.preventDefault();
    this.#send();
  }

  #send(): void {
    this.focus();
    if (this.#text.value.trim() === '') return;
    try {
      this.#actions.say(checkText(this.#text.value));
      this.clear();
    } catch (error) {
      this.showError(describeError(error));
    }
  }
}
