import type { Place } from './place.js';
import type { PresenceRecord } from './record.js';

/** A member who is connected here, with its places; the record is made of them. */
export interface OwnMember {
  record: PresenceRecord;
  places: Place[];
}

/** What has changed since the last version. */
export interface HomeChanges {
  readonly set: readonly PresenceRecord[];
  readonly gone: readonly string[];
  readonly moved: readonly (readonly [key: string, to: string])[];
}

/**
 * The members of one channel who are connected to this server. Nobody else changes them; `version` says to others which
 * of their states they have seen.
 */
export class Home {
  readonly channel: string;
  /** 0 until the first change has a version. */
  version = 0;
  /** The last version told others how many there are, and not who. */
  isCounted = false;
  readonly members = new Map<string, OwnMember>();
  /** Keys that have changed since `version`. */
  readonly #changed = new Set<string>();
  /** Members that went to another server, until that one has certainly said so. */
  readonly #moved = new Map<string, string>();

  constructor(channel: string) {
    this.channel = channel;
  }

  get hasChanges(): boolean {
    return this.#changed.size > 0;
  }

  /** Nothing is left that anybody could have to be told. */
  get isForgettable(): boolean {
    return this.members.size === 0 && this.#moved.size === 0 && this.#changed.size === 0;
  }

  get moved(): ReadonlyMap<string, string> {
    return this.#moved;
  }

  *records(): Iterable<PresenceRecord> {
    for (const { record } of this.members.values()) yield record;
  }

  touch(key: string): void {
    this.#changed.add(key);
  }

  /** The member left for another server, for now. */
  move(key: string, to: string): void {
    this.#moved.set(key, to);
  }

  /** It is not expected to be there any more. */
  forgetMove(key: string, to: string): void {
    if (this.#moved.get(key) === to) this.#moved.delete(key);
  }

  takeChanges(): HomeChanges {
    const set: PresenceRecord[] = [];
    const gone: string[] = [];
    const moved: [string, string][] = [];
    for (const key of this.#changed) {
      const member = this.members.get(key);
      const to = this.#moved.get(key);
      if (member !== undefined) set.push(member.record);
      else if (to !== undefined) moved.push([key, to]);
      else gone.push(key);
    }
    this.#changed.clear();
    return { set, gone, moved };
  }
}
