import type { RoomSummary } from '../shared/chat-contract.js';

const STORAGE_KEY = 'chat.read';

/** Up to when each room has been read in this tab; like the login, it survives a reload. */
export class ReadMarks {
  #times = load();

  /** What was said up to this time (of the server) has been seen. */
  read(room: string, time: number): void {
    if (!this.#times || time <= (this.#times.get(room) ?? 0)) return;
    this.#times.set(room, time);
    sessionStorage.setItem(STORAGE_KEY, JSON.stringify([...this.#times]));
  }

  /** The rooms with something new. What was said before the first list came is not new. */
  unreadIn(rooms: readonly RoomSummary[]): ReadonlySet<string> {
    this.#times ??= new Map(rooms.map(({ name, latest }) => [name, latest]));
    const times = this.#times;
    const unread = rooms.filter(({ name, latest }) => latest > (times.get(name) ?? 0));
    return new Set(unread.map(({ name }) => name));
  }

  clear(): void {
    this.#times = undefined;
    sessionStorage.removeItem(STORAGE_KEY);
  }
}

function load(): Map<string, number> | undefined {
  const stored = sessionStorage.getItem(STORAGE_KEY);
  return stored === null ? undefined : new Map<string, number>(JSON.parse(stored));
}
