import { checkName, MAX_NAME_LENGTH } from '../shared/rules.js';
import type { ChatSocket } from './chat-socket.js';
import { byId, describeError } from './dom.js';

/** Asks for a name. A successful login is announced by the socket's `authenticate` event, not by this form. */
export class LoginForm {
  readonly #socket: ChatSocket;
  readonly #name = byId('login-name', HTMLInputElement);
  readonly #error = byId('login-error', HTMLElement);
  #isBusy = false;

  constructor(socket: ChatSocket) {
    this.#socket = socket;
    this.#name.maxLength = MAX_NAME_LENGTH;
    this.#name.addEventListener('input', () => this.#showError(''));
    byId('login-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#logIn();
    });
  }

  open(error?: Error | null): void {
    this.#showError(error ? describeTokenError(error) : '');
    this.#name.focus();
  }

  async #logIn(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    this.#showError('');
    try {
      await this.#socket.invoke('login', { name: checkName(this.#name.value) });
      this.#name.value = '';
    } catch (error) {
      this.#showError(describeError(error));
      this.#name.focus();
    } finally {
      this.#isBusy = false;
    }
  }

  #showError(text: string): void {
    this.#error.textContent = text;
    this.#name.setAttribute('aria-invalid', String(text !== ''));
  }
}

function describeTokenError(error: Error): string {
  return error.name === 'ChatRuleError'
    ? error.message
    : 'Your login has expired. Please log in again.';
}
