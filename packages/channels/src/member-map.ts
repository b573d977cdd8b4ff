import type { PresenceChange, PresenceMember } from './presence-types.js';

/** What is different: who is there now or changed, and the keys of those who left. */
export interface MemberChanges {
  readonly present?: readonly PresenceMember[];
  readonly left?: readonly string[];
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

  /** These are all members. */
  replace(members: readonly PresenceMember[]): PresenceChange[] {
    if (!this.#isKnown || this.#count !== undefined) {
      this.#restart(undefined);
      this.#members = new Map(members.map((member) => [member.key, Object.freeze(member)]));
      return [this.sync];
    }
    const keys = new Set(members.map(({ key }) => key));
    const left = [...this.#members.keys()].filter((key) => !keys.has(key));
    return this.apply({ present: members, left });
  }

  /** Some members are different. Without an effect before they are known. */
  apply({ present = [], left = [] }: MemberChanges): PresenceChange[] {
    const changes: PresenceChange[] = [];
    if (!this.#isKnown || this.#count !== undefined) {
      return changes;
    }
    for (const key of left) {
      const member = this.#members.get(key);
      if (member && this.#members.delete(key)) {
        changes.push({ type: 'leave', member });
      }
    }
    for (const member of present) {
      const former = this.#members.get(member.key);
      if (!isEqual(former, member)) {
        this.#members.set(member.key, Object.freeze(member));
        changes.push({ type: former ? 'update' : 'enter', member });
      }
    }
    if (changes.length > 0) {
      this.#snapshot = undefined;
    }
    return changes;
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
