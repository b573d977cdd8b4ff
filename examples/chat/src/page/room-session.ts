import type { ChatMessage } from '../shared/chat-api.js';
import type { ChatSocket } from './chat-socket.js';

export interface RoomView {
  /** Messages that were said before come first, in order. */
  showMessage(message: ChatMessage): void;
  showJoined(): void;
  /** The server does not have all that was said since the last message shown. */
  showLoss(): void;
  showPeople(names: readonly string[]): void;
  showError(error: unknown): void;
}

/** Presence in one room: begins when it is constructed and ends with `leave()`. */
export class RoomSession {
  readonly name: string;
  readonly #socket: ChatSocket;
  readonly #channel;
  readonly #people;
  readonly #view: RoomView;

  constructor(socket: ChatSocket, name: string, view: RoomView) {
    this.name = name;
    this.#socket = socket;
    this.#view = view;
    // A room kept for waiting messages is joined anew, so that its history and its people arrive.
    if (socket.isSubscribed(`room:${name}`)) socket.unsubscribe(`room:${name}`);
    // `waitForAuth`: after a reconnect the room is joined again only once the login has been confirmed.
    this.#people = socket.subscribe(`people:${name}`, { waitForAuth: true });
    this.#channel = socket.subscribe(`room:${name}`, { waitForAuth: true });
    void this.#showMessages();
    void this.#showPeople();
    void this.#showJoining();
    void this.#showLosses();
    void this.#showRefusals();
  }

  tellTyping(): void {
    void this.#socket.transmit('typing', { room: this.name });
  }

  /** With `keepsSubscription`, the person stays in the room, but this page does not show it any more. */
  leave({ keepsSubscription = false } = {}): void {
    if (!keepsSubscription) this.#channel.unsubscribe();
    this.#people.unsubscribe();
    // Ends the loops below.
    this.#channel.kill();
    this.#people.kill();
  }

  /** The history first, then what follows; whatever the connection does, none is missing and none comes twice. */
  async #showMessages(): Promise<void> {
    for await (const event of this.#channel) {
      if (event.type === 'message') this.#view.showMessage(event);
    }
  }

  async #showPeople(): Promise<void> {
    for await (const names of this.#people) this.#view.showPeople(names);
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
