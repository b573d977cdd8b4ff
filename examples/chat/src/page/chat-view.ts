import type { ChatMessage } from '../shared/chat-api.js';
import type { ChatSocket } from './chat-socket.js';
import { Composer } from './composer.js';
import { describeError } from './dom.js';
import { MessageList } from './message-list.js';
import { RoomSession, type RoomView } from './room-session.js';
import { Side } from './side.js';
import { TypingNotice } from './typing-notice.js';

/** The chat itself, from login to logout: connects the parts of the page with the room that is open. */
export class ChatView implements RoomView {
  readonly #socket: ChatSocket;
  readonly #messages = new MessageList();
  readonly #typing = new TypingNotice();
  readonly #composer = new Composer({
    say: async (text) => this.#room?.say(text),
    typing: () => this.#room?.tellTyping(),
  });
  readonly #side = new Side({
    openRoom: (name) => {
      location.hash = name;
    },
    logOut: () => void this.#socket.deauthenticate(),
  });
  #room: RoomSession | undefined;
  #me = '';

  constructor(socket: ChatSocket) {
    this.#socket = socket;
    void this.#showRoomList();
    void this.#loadRoomList();
    void this.#showTyping();
  }

  open(me: string): void {
    this.#me = me;
    this.#side.showMe(me);
    this.#socket.subscribe('rooms', { waitForAuth: true });
  }

  openRoom(name: string): void {
    if (this.#room?.name === name) return;
    this.#room?.leave();
    this.#messages.reset(this.#me);
    this.#typing.clear();
    this.#composer.clear();
    this.#side.showRoom(name);
    this.#room = new RoomSession(this.#socket, name, this);
    this.#composer.focus();
  }

  close(): void {
    this.#room?.leave();
    this.#room = undefined;
    this.#socket.unsubscribe('rooms');
  }

  showMessage(message: ChatMessage): void {
    this.#typing.hide(message.author);
    this.#messages.add(message);
  }

  showHistory(messages: readonly ChatMessage[]): void {
    this.#messages.merge(messages);
  }

  showPeople(names: readonly string[]): void {
    this.#side.showPeople(names);
  }

  showError(error: unknown): void {
    this.#composer.showError(describeError(error));
  }

  async #showRoomList(): Promise<void> {
    for await (const rooms of this.#socket.channel('rooms')) this.#side.showRooms(rooms);
  }

  async #loadRoomList(): Promise<void> {
    for await (const _ of this.#socket.channel('rooms').listener('subscribe')) {
      try {
        this.#side.showRooms(await this.#socket.invoke('rooms'));
      } catch {
        // The connection was lost in the meantime; the next subscription asks again.
      }
    }
  }

  async #showTyping(): Promise<void> {
    for await (const { room, name } of this.#socket.receiver('typing')) {
      if (room === this.#room?.name) this.#typing.show(name);
    }
  }
}
