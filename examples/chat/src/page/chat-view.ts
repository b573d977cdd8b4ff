import type { ChatMessage, RoomMember } from '../shared/chat-contract.js';
import type { ChatSocket } from './chat-socket.js';
import { Composer } from './composer.js';
import { describeError } from './dom.js';
import { MessageList } from './message-list.js';
import { Outbox, type OutboxView, type WaitingMessage } from './outbox.js';
import { RoomSession, type RoomView } from './room-session.js';
import { Side } from './side.js';
import { TypingNotice } from './typing-notice.js';

/** The chat itself, from login to logout: connects the parts of the page with the room that is open. */
export class ChatView implements RoomView, OutboxView {
  readonly #socket: ChatSocket;
  readonly #messages = new MessageList();
  readonly #typing = new TypingNotice();
  readonly #composer = new Composer({
    say: (text) => this.#say(text),
    typing: () => this.#room?.tellTyping(),
  });
  readonly #side = new Side({
    openRoom: (name) => {
      location.hash = name;
    },
    logOut: () => void this.#socket.deauthenticate(),
  });
  readonly #outbox: Outbox;
  #room: RoomSession | undefined;
  #me = '';

  constructor(socket: ChatSocket) {
    this.#socket = socket;
    this.#outbox = new Outbox(socket, this);
    void this.#showRoomList();
    void this.#loadRoomList();
  }

  open(me: string): void {
    this.#me = me;
    this.#side.showMe(me);
    this.#socket.subscribe('rooms', { waitForAuth: true });
  }

  openRoom(name: string): void {
    if (this.#room?.name === name) return;
    this.#leaveRoom();
    this.#messages.reset(this.#me);
    for (const { id, text } of this.#outbox.waitingIn(name)) this.#messages.addWaiting(id, text);
    this.#typing.show([]);
    this.#composer.clear();
    this.#side.showRoom(name);
    this.#room = new RoomSession(this.#socket, name, this);
    this.#composer.focus();
  }

  close(): void {
    for (const room of this.#outbox.rooms()) this.#socket.unsubscribe(`room:${room}`);
    this.#outbox.clear();
    this.#side.forgetRead();
    this.#leaveRoom();
    this.#room = undefined;
    this.#socket.unsubscribe('rooms');
  }

  showMessage(message: ChatMessage): void {
    this.#messages.add(message);
    this.#side.showRead(message.time);
  }

  showJoined(): void {
    this.#messages.showJoined();
  }

  showLoss(): void {
    this.#messages.showLoss();
  }

  showSent({ id, room }: WaitingMessage): void {
    this.#messages.showSent(id);
    this.#leaveIfDone(room);
  }

  showRefused({ id, room }: WaitingMessage, error: unknown): void {
    this.#messages.showRefused(id, describeError(error));
    this.#leaveIfDone(room);
  }

  showPeople(people: readonly RoomMember[]): void {
    const others = people.filter(({ name, isTyping }) => isTyping && name !== this.#me);
    this.#typing.show(others.map(({ name }) => name));
    this.#side.showPeople(people.map(({ name }) => name).sort((a, b) => a.localeCompare(b)));
  }

  showError(error: unknown): void {
    this.#composer.showError(describeError(error));
  }

  #say(text: string): void {
    if (!this.#room) return;
    const { id } = this.#outbox.post(this.#room.name, text);
    this.#room.endTyping();
    this.#messages.addWaiting(id, text);
  }

  /** Speaking in a room needs presence in it, so what waits to be said keeps the person there. */
  #leaveRoom(): void {
    const keepsSubscription =
      this.#room !== undefined && this.#outbox.waitingIn(this.#room.name).length > 0;
    this.#room?.leave({ keepsSubscription });
  }

  #leaveIfDone(room: string): void {
    if (room === this.#room?.name || this.#outbox.waitingIn(room).length > 0) return;
    this.#socket.unsubscribe(`room:${room}`);
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
}
