import type { ChatMessage, RoomSummary } from '../shared/chat-api.js';
import { ChatRuleError, HISTORY_LIMIT } from '../shared/rules.js';

/** Rooms that exist from the start and are never forgotten. */
export const FIXED_ROOMS = ['lobby', 'random', 'help'] as const;
/** Rooms kept at once. At the limit an empty room is removed to make room for a new one; if none is empty, `open` throws. */
export const MAX_ROOMS = 100;

interface Room {
  readonly messages: ChatMessage[];
  /** Socket id → name: one person with two tabs is two entries and one name. */
  readonly members: Map<string, string>;
}

/** Who is in which room and what was said last. It lives in memory: a restarted server starts with empty rooms. */
export class Rooms {
  readonly #rooms = new Map<string, Room>(FIXED_ROOMS.map((name) => [name, createRoom()]));

  /** Makes sure that the room exists. Throws `ChatRuleError` when all `MAX_ROOMS` rooms are occupied. */
  open(name: string): void {
    if (this.#rooms.has(name)) return;
    if (this.#rooms.size >= MAX_ROOMS) this.#forgetAnEmptyRoom();
    this.#rooms.set(name, createRoom());
  }

  /** Never refuses: whether the room may be opened was asked before, and the person is in it already. */
  join(name: string, socketId: string, userName: string): void {
    const room = this.#rooms.get(name) ?? createRoom();
    room.members.set(socketId, userName);
    this.#rooms.set(name, room);
  }

  leave(name: string, socketId: string): void {
    this.#rooms.get(name)?.members.delete(socketId);
  }

  /** Adds a message to the room's history; beyond `HISTORY_LIMIT` the oldest one is removed. */
  remember(name: string, message: ChatMessage): void {
    const messages = this.#rooms.get(name)?.messages;
    if (!messages) return;
    messages.push(message);
    if (messages.length > HISTORY_LIMIT) messages.shift();
  }

  /** The message with this id, while it is in the room's history. */
  find(name: string, id: string): ChatMessage | undefined {
    return this.#rooms.get(name)?.messages.find((message) => message.id === id);
  }

  /** Oldest first. */
  history(name: string): ChatMessage[] {
    return [...(this.#rooms.get(name)?.messages ?? [])];
  }

  /** The different names in the room, sorted. */
  memberNames(name: string): string[] {
    const names = new Set(this.#rooms.get(name)?.members.values());
    return [...names].sort((a, b) => a.localeCompare(b));
  }

  /** Socket ids of everybody in the room. */
  memberSockets(name: string): string[] {
    return [...(this.#rooms.get(name)?.members.keys() ?? [])];
  }

  summaries(): RoomSummary[] {
    return [...this.#rooms].map(([name, { messages }]) => ({
      name,
      members: this.memberNames(name).length,
      latest: messages.at(-1)?.time ?? 0,
    }));
  }

  #forgetAnEmptyRoom(): void {
    const fixed: readonly string[] = FIXED_ROOMS;
    for (const [name, { members }] of this.#rooms) {
      if (members.size > 0 || fixed.includes(name)) continue;
      this.#rooms.delete(name);
      return;
    }
    throw new ChatRuleError('There are too many rooms. Please join one of the others.');
  }
}

function createRoom(): Room {
  return { messages: [], members: new Map() };
}
