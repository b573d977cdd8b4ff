import type { RoomSummary } from '../shared/chat-api.js';
import { ChatRuleError } from '../shared/rules.js';

/** Rooms that exist from the start and are never forgotten. */
export const FIXED_ROOMS = ['lobby', 'random', 'help'] as const;
/** Rooms kept at once. At the limit an empty room is removed to make room for a new one; if none is empty, `open` throws. */
export const MAX_ROOMS = 100;

interface Room {
  /** When the last message was said. */
  latest: number;
  /** Socket id → name: one person with two tabs is two entries and one name. */
  readonly members: Map<string, string>;
}

/** Which rooms there are, who is in them, and when something was said last. What was said is in the channels' history. */
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

  said(name: string, time: number): void {
    const room = this.#rooms.get(name);
    if (room) room.latest = time;
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
    return [...this.#rooms].map(([name, { latest }]) => ({
      name,
      members: this.memberNames(name).length,
      latest,
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
  return { latest: 0, members: new Map() };
}
