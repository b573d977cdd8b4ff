import type { ChatMessage, RoomMember } from '../shared/chat-contract.js';
import type { ChatSocket } from './chat-socket.js';

export interface RoomView {
  /** Messages that were said before come first, in order. */
  showMessage(message: ChatMessage): void;
  showJoined(): void;
  /** The server does not have all that was said since the last message shown. */
  showLoss(): void;
  showPeople(people: readonly RoomMember[]): void;
  showError(error: unknown): void;
}

/** Longer than the interval of the notices, so that the notice stays while somebody keeps typing. */
const TYPING_SHOWN_MS = 3000;

/** Presence in one room: begins when it is constructed and ends with `leave()`. */
export class RoomSession {
  readonly name: string;
  readonly #channel;
  readonly #view: RoomView;
  #typingTimer: number | undefined;

  constructor(socket: ChatSocket, name: string, view: RoomView) {
    this.name = name;
    this.#view = view;
    // A room kept for waiting messages is joined anew, so that its history and its people arrive.
    if (socket.isSubscribed(`room:${name}`)) socket.unsubscribe(`room:${name}`);
    // `waitForAuth`: after a reconnect the room is joined again only once the login has been confirmed.
    this.#channel = socket.subscribe(`room:${name}`, {
      waitForAuth: true,
      presence: { name: socket.authToken?.name ?? '', isTyping: false },
    });
    void this.#showMessages();
    void this.#showPeople();
    void this.#showJoining();
    void this.#showLosses();
    void this.#showRefusals();
  }

  tellTyping(): void {
    clearTimeout(this.#typingTimer);
    this.#typingTimer = window.setTimeout(() => this.endTyping(), TYPING_SHOWN_MS);
    this.#channel.presence.update({ isTyping: true });
  }

  endTyping(): void {
    clearTimeout(this.#typingTimer);
    if (this.#channel.presence.state?.isTyping) this.#channel.presence.update({ isTyping: false });
  }

  /** With `keepsSubscription`, the person stays in the room, but this page does not show it any more. */
  leave({ keepsSubscription = false } = {}): void {
    this.endTyping();
    if (!keepsSubscription) this.#channel.unsubscribe();
    // Ends the loops below.
    this.#channel.kill();
  }

  /** The history first, then what follows; whatever the connection does, none is missing and none comes twice. */
  async #showMessages(): Promise<void> {
    for await (const event of this.#channel) {
      this.#view.showMessage(event);
    }
  }

  async #showPeople(): Promise<void> {
    const { presence } = this.#channel;
    for await (const _ of presence.changes()) {
      this.#view.showPeople([...presence.members.values()].map(({ state }) => state));
    }
  }

  async #showJoining(): Promise<void> {
    for await (const _ of this.#channel.listener('subscribe')) this.#view.showJoined();
  }

  /** After a restart of the server, or when this page was away for longer than the history reaches. */
  async #showLosses(): Promise<void> {
    for await (const _ of this.#channel.listener('interruption')) this.#view.showLoss();
  }

  async #showRefusals(): Promise<void> {
    for await (const { error } of this.#channel.listener('subscribeFail')) {
      this.#view.showError(error);
    }
  }
}
