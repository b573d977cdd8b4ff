import type { ChatMessage } from '../shared/chat-api.js';
import type { ChatSocket } from './chat-socket.js';

export interface RoomView {
  showMessage(message: ChatMessage): void;
  /** `lostAfter` is the last message shown, when the history does not reach back to it. */
  showHistory(messages: readonly ChatMessage[], lostAfter?: string): void;
  showPeople(names: readonly string[]): void;
  showError(error: unknown): void;
}

/** Presence in one room: begins when it is constructed and ends with `leave()`. */
export class RoomSession {
  readonly name: string;
  readonly #socket: ChatSocket;
  readonly #channel;
  readonly #view: RoomView;
  /** The newest message that the server has sent. */
  #lastId: string | undefined;

  constructor(socket: ChatSocket, name: string, view: RoomView) {
    this.name = name;
    this.#socket = socket;
    this.#view = view;
    // A room kept for waiting messages is joined anew, so that its history and its people arrive.
    if (socket.isSubscribed(`room:${name}`)) socket.unsubscribe(`room:${name}`);
    // `waitForAuth`: after a reconnect the room is joined again only once the login has been confirmed.
    this.#channel = socket.subscribe(`room:${name}`, { waitForAuth: true });
    void this.#showEvents();
    void this.#showHistory();
    void this.#showRefusals();
  }

  tellTyping(): void {
    void this.#socket.transmit('typing', { room: this.name });
  }

  /** With `keepsSubscription`, the person stays in the room, but this page does not show it any more. */
  leave({ keepsSubscription = false } = {}): void {
    if (!keepsSubscription) this.#channel.unsubscribe();
    // Ends the loops below.
    this.#channel.kill();
  }

  async #showEvents(): Promise<void> {
    for await (const event of this.#channel) {
      if (event.type === 'message') {
        this.#lastId = event.id;
        this.#view.showMessage(event);
      }
      if (event.type === 'members') this.#view.showPeople(event.names);
    }
  }

  /** Fetches the history at every (re)subscription, which also fills the gap that a lost connection leaves. */
  async #showHistory(): Promise<void> {
    for await (const _ of this.#channel.listener('subscribe')) {
      // Read before the call: what comes during it may be newer than the answer.
      const lastId = this.#lastId;
      try {
        const history = await this.#socket.invoke('history', { room: this.name });
        const isLost = lastId !== undefined && !history.some(({ id }) => id === lastId);
        this.#lastId = this.#lastId === lastId ? history.at(-1)?.id : this.#lastId;
        this.#view.showHistory(history, isLost ? lastId : undefined);
      } catch {
        // The connection was lost in the meantime; the next subscription asks again.
      }
    }
  }

  async #showRefusals(): Promise<void> {
    for await (const { error } of this.#channel.listener('subscribeFail')) {
      this.#view.showError(error);
    }
  }
}
