import type { ChannelMembers } from '@asyngular/server';
import type { RoomSummary } from '../shared/chat-contract.js';
import { ChatRuleError } from '../shared/rules.js';

/** Rooms that exist from the start and are never forgotten. */
export const FIXED_ROOMS = ['lobby', 'random', 'help'] as const;
/** Rooms kept at once. At the limit an empty room is removed to make room for a new one; if none is empty, `open` throws. */
export const MAX_ROOMS = 100;

/** Changes within this time are announced together: after a restart, everyone returns at once. */
const PEOPLE_DELAY_MS = 50;
/** In rooms where much is said, the list of rooms is published at most this often. */
const LATEST_DELAY_MS = 1000;

/** Who is in a room: what the channel's presence knows. */
export type People = Pick<ChannelMembers, 'count' | 'changes' | 'close'>;

/** What the rooms need of the chat. */
export interface RoomsNeeds {
  people(room: string): People;
  /** Tells everybody that the list is another one. */
  announce(rooms: RoomSummary[]): void;
}

interface Room {
  /** When the last message was said. */
  latest: number;
  readonly people: People;
}

/** Which rooms there are, how many are in them, and when something was said last; the rest is in the channels. */
export class Rooms {
  readonly #needs: RoomsNeeds;
  readonly #rooms = new Map<string, Room>();
  #announcedAt = Number.POSITIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  constructor(needs: RoomsNeeds) {
    this.#needs = needs;
    for (const name of FIXED_ROOMS) this.open(name);
  }

  /** Makes sure that the room exists. Throws `ChatRuleError` when all `MAX_ROOMS` rooms are occupied. */
  open(name: string): void {
    if (this.#rooms.has(name)) return;
    if (this.#rooms.size >= MAX_ROOMS) this.#forgetAnEmptyRoom();
    const people = this.#needs.people(name);
    this.#rooms.set(name, { latest: 0, people });
    void this.#follow(people);
  }

  said(name: string, time: number): void {
    const room = this.#rooms.get(name);
    if (!room) return;
    room.latest = time;
    this.#announceIn(LATEST_DELAY_MS);
  }

  summaries(): RoomSummary[] {
    return [...this.#rooms].map(([name, { latest, people }]) => ({
      name,
      members: people.count,
      latest,
    }));
  }

  async #follow(people: People): Promise<void> {
    for await (const { type } of people.changes()) {
      if (type !== 'update') this.#announceIn(PEOPLE_DELAY_MS);
    }
  }

  #announceIn(delayMs: number): void {
    const at = performance.now() + delayMs;
    if (at >= this.#announcedAt) return;
    clearTimeout(this.#timer);
    this.#announcedAt = at;
    this.#timer = setTimeout(() => {
      this.#announcedAt = Number.POSITIVE_INFINITY;
      this.#needs.announce(this.summaries());
    }, delayMs).unref();
  }

  #forgetAnEmptyRoom(): void {
    const fixed: readonly string[] = FIXED_ROOMS;
    for (const [name, { people }] of this.#rooms) {
      if (people.count > 0 || fixed.includes(name)) continue;
      this.#rooms.delete(name);
      people.close();
      return;
    }
    throw new ChatRuleError('There are too many rooms. Please join one of the others.');
  }
}
