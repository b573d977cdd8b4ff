import type { PresenceChange, PresenceMember } from './presence-types.js';

/** What has changed of a member. */
export type MemberUpdate = Pick<PresenceMember, 'key'> &
  Partial<Pick<PresenceMember, 'state' | 'connections'>>;

/** What is different; a key is in one of the lists at most. */
export interface MemberChanges {
  /** Those who are there now. */
  readonly enter?: readonly PresenceMember[];
  readonly update?: readonly MemberUpdate[];
  /** The keys of those who are there no longer. */
  readonly leave?: readonly string[];
}

/**
 * Who is in one channel, as far as it is known here. Each method takes news in and returns what they change: nothing
 * for what was known already, so that news may overlap or repeat, and no member leaves who has not entered.
 */
export class MemberMap {
  #members = new Map<string, PresenceMember>();
  #snapshot: ReadonlyMap<string, PresenceMember> | undefined;
  /** Where only the number is kept. */
  #count: number | undefined;
  #isKnown = false;

  /** Whether there is something to show. */
  get isKnown(): boolean {
    return this.#isKnown;
  }

  /** A frozen map, another one after each set of changes. It is made when it is asked for. */
  get members(): ReadonlyMap<string, PresenceMember> {
    this.#snapshot ??= Object.freeze(new Map(this.#members));
    return this.#snapshot;
  }

  get count(): number {
    return this.#count ?? this.#members.size;
  }

  /** Everything so far, as one event. */
  get sync(): PresenceChange {
    const { members, count } = this;
    return { type: 'sync', members, count };
  }

  /** These are the members: all of them, or while that `isPartial` some. */
  replace(members: readonly PresenceMember[], isPartial = false): PresenceChange[] {
    if (!this.#listsMembers) {
      this.#restart(undefined);
      this.#members = new Map(members.map((member) => [member.key, Object.freeze(member)]));
      return [this.sync];
    }
    const keys = new Set(members.map(({ key }) => key));
    const leave = isPartial ? [] : [...this.#members.keys()].filter((key) => !keys.has(key));
    return this.apply({ enter: members, leave });
  }

  /** Some members are different. Without an effect before they are known. */
  apply({ enter = [], update = [], leave = [] }: MemberChanges): PresenceChange[] {
    if (!this.#listsMembers) {
      return [];
    }
    const changes: (PresenceChange | undefined)[] = [];
    for (const key of leave) {
      const member = this.#members.get(key);
      changes.push(member && { type: 'leave', member });
      this.#members.delete(key);
    }
    for (const part of update) {
      const former = this.#members.get(part.key);
      changes.push(former && this.#put({ ...former, ...part }, former));
    }
    for (const member of enter) {
      changes.push(this.#put(member, this.#members.get(member.key)));
    }
    const news = changes.filter((change) => change !== undefined);
    if (news.length > 0) {
      this.#snapshot = undefined;
    }
    return news;
  }

  /** There are so many members, and nobody says who. */
  setCount(count: number): PresenceChange[] {
    const former = this.#count;
    if (former === count) {
      return [];
    }
    if (former === undefined) {
      this.#restart(count);
      return [this.sync];
    }
    this.#count = count;
    return [{ type: 'count', count }];
  }

  /** Nothing is known any more. */
  forget(): PresenceChange[] {
    if (!this.#isKnown) {
      return [];
    }
    this.#restart(undefined);
    this.#isKnown = false;
    return [this.sync];
  }

  get #listsMembers(): boolean {
    return this.#isKnown && this.#count === undefined;
  }

  /** Since when a member is there is no news: who moved to another server may have a later time there. */
  #put(member: PresenceMember, former: PresenceMember | undefined): PresenceChange | undefined {
    const { key, joinedAt } = member;
    if (former && isEqual({ ...former, joinedAt }, member)) {
      return undefined;
    }
    this.#members.set(key, Object.freeze(member));
    return { type: former ? 'update' : 'enter', member };
  }

  #restart(count: number | undefined): void {
    this.#members = new Map();
    this.#snapshot = undefined;
    this.#count = count;
    this.#isKnown = true;
  }
}

/** Whether two values are the same JSON. Anything else, such as a Date, is the same only as itself. */
function isEqual(a: unknown, b: unknown): boolean {
  if (!isTree(a) || !isTree(b) || Array.isArray(a) !== Array.isArray(b)) {
    return Object.is(a, b);
  }
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && isEqual(a[name], b[name]))
  );
}

function isTree(value: unknown): value is Record<string, unknown> {
  const prototype = typeof value === 'object' && value && Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === Array.prototype;
}
