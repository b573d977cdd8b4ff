import type { PresenceMember } from '../presence/types.js';
import type { MemberChanges } from './member-packets.js';

/**
 * What watchers do not know yet: of each member that has changed, the newest state alone. So it takes no more than the
 * members do, however long it lasts.
 */
export class UnsentChanges {
  /** By key: whether the watcher knew of the member, and what has become of it. */
  readonly #changes = new Map<string, { wasKnown: boolean; member: PresenceMember | undefined }>();
  readonly #maxKeys: number;
  #count = 0;

  /** Nothing is remembered of more than `maxKeys` members. */
  constructor(maxKeys: number = Number.POSITIVE_INFINITY) {
    this.#maxKeys = maxKeys;
  }

  /** Whether so much has changed that the watcher should be told of everybody instead. */
  get isTooMuch(): boolean {
    return this.#changes.size > this.#maxKeys;
  }

  /** Whether nothing is different in the end. */
  get isEmpty(): boolean {
    return this.#changes.size === 0;
  }

  add({ enter, update, leave, count }: MemberChanges): void {
    this.#count = count;
    if (this.isTooMuch) return;
    for (const member of enter) this.#set(member.key, false, member);
    for (const member of update) this.#set(member.key, true, member);
    for (const { key } of leave) this.#set(key, true, undefined);
  }

  /** The outcome, as one set of changes. */
  take(): MemberChanges {
    const enter: PresenceMember[] = [];
    const update: PresenceMember[] = [];
    const leave: { key: string }[] = [];
    for (const [key, { wasKnown, member }] of this.#changes) {
      if (member === undefined) leave.push({ key });
      else if (wasKnown) update.push(member);
      else enter.push(member);
    }
    this.#changes.clear();
    return { enter, update, leave, count: this.#count };
  }

  clear(): void {
    this.#changes.clear();
  }

  #set(key: string, wasKnownBefore: boolean, member: PresenceMember | undefined): void {
    const wasKnown = this.#changes.get(key)?.wasKnown ?? wasKnownBefore;
    if (member === undefined && !wasKnown) this.#changes.delete(key);
    else this.#changes.set(key, { wasKnown, member });
  }
}
