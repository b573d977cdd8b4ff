/** Whether `value` is an object of no class, as literals and JSON make them. */
function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) {
    return false;
  }
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * A text that is the same for equal values, so that objects written anew on each render are no change. Functions are left
 * out: what they close over cannot be compared, and the latest one is called anyway.
 */
export function keyOf(value: unknown): string {
  return (
    JSON.stringify(value, (_name, member: unknown) => {
      if (typeof member === 'bigint') {
        return `${member}n`;
      }
      if (member instanceof Map || member instanceof Set) {
        return [...member];
      }
      // In one order, since `{ a, b }` and `{ b, a }` are equal.
      return isPlain(member)
        ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
        : member;
    }) ?? ''
  );
}

/**
 * Whether `whole` has everything that `part` has: equal texts and numbers, the same elements, and at least the same
 * members. That is what a server makes of a publication to which it adds who sent it, and when.
 */
export function includes(whole: unknown, part: unknown): boolean {
  if (Array.isArray(part)) {
    return (
      Array.isArray(whole) &&
      whole.length === part.length &&
      part.every((element, index) => includes(whole[index], element))
    );
  }
  if (isPlain(part)) {
    return (
      isPlain(whole) &&
      // What is undefined does not travel.
      Object.entries(part).every(
        ([name, member]) => member === undefined || includes(whole[name], member),
      )
    );
  }
  if (part instanceof Date) {
    return whole instanceof Date && Number(whole) === Number(part);
  }
  return Object.is(whole, part);
}

/** Whether two snapshots have identical members, so that nobody need be told of the second one. */
export function isSame(a: object, b: object): boolean {
  const entries = Object.entries(a);
  return (
    entries.length === Object.keys(b).length &&
    entries.every(([name, member]) => Object.is(member, (b as Record<string, unknown>)[name]))
  );
}
