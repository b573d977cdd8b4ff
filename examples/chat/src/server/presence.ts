import type { ChatServer } from './chat-server.js';
import type { Rooms } from './rooms.js';

/** Changes within this time are announced together: after a restart, everyone returns at once. */
const ANNOUNCE_DELAY_MS = 50;
/** In rooms where much is said, the list of rooms is published at most this often. */
const LATEST_DELAY_MS = 1000;
const ROOM_PREFIX = 'room:';

/** Keeps the member lists by following subscriptions, and publishes them. */
export class Presence {
  readonly #server: ChatServer;
  readonly #rooms: Rooms;
  readonly #changed = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #latestTimer: NodeJS.Timeout | undefined;

  constructor(server: ChatServer, rooms: Rooms) {
    this.#server = server;
    this.#rooms = rooms;
  }

  async follow(): Promise<void> {
    await Promise.all([this.#followSubscriptions(), this.#followUnsubscriptions()]);
  }

  async #followSubscriptions(): Promise<void> {
    for await (const { socket, channel } of this.#server.listener('subscription')) {
      // It may have left again while this event waited its turn.
      const name = socket.isSubscribed(channel) ? socket.authToken?.name : undefined;
      if (!channel.startsWith(ROOM_PREFIX) || !name) continue;
      const room = channel.slice(ROOM_PREFIX.length);
      this.#rooms.join(room, socket.id, name);
      this.#announceSoon(room);
    }
  }

  async #followUnsubscriptions(): Promise<void> {
    for await (const { socket, channel } of this.#server.listener('unsubscription')) {
      // It may have come back while this event waited its turn.
      if (!channel.startsWith(ROOM_PREFIX) || socket.isSubscribed(channel)) continue;
      const room = channel.slice(ROOM_PREFIX.length);
      this.#rooms.leave(room, socket.id);
      this.#announceSoon(room);
    }
  }

  /** Lets people in other rooms know that there is something new. */
  announceMessage(): void {
    this.#latestTimer ??= setTimeout(() => this.#announceRooms(), LATEST_DELAY_MS).unref();
  }

  #announceSoon(room: string): void {
    this.#changed.add(room);
    this.#timer ??= setTimeout(() => this.#announce(), ANNOUNCE_DELAY_MS);
  }

  #announce(): void {
    this.#timer = undefined;
    // A closed server has no clients left to notify, and its broker would refuse.
    if (!this.#server.isReady) return;
    const { exchange } = this.#server;
    for (const room of this.#changed) {
      void exchange.transmitPublish(`people:${room}`, this.#rooms.memberNames(room));
    }
    this.#changed.clear();
    this.#announceRooms();
  }

  #announceRooms(): void {
    clearTimeout(this.#latestTimer);
    this.#latestTimer = undefined;
    if (!this.#server.isReady) return;
    void this.#server.exchange.transmitPublish('rooms', this.#rooms.summaries());
  }
}
