import { InvalidMessageError } from '@asyngular/errors';
import { bytesOf } from '@asyngular/protocol/internal';

// Deeper than this the quick walk leaves the decision to the copy, which finds cycles.
const MAX_WALK_DEPTH = 64;

/** Levels of a copy; what has more contains itself, or is refused by its reader. */
const MAX_COPY_DEPTH = 1_000;

/** Whether a value can be packed as it is. May say no in doubt, never yes by mistake. */
export function isPackable(value: unknown, depth = 0): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return !Object.is(value, -0);
    case 'bigint':
      return hasInt64(value);
    case 'object':
      return value === null || isPackableObject(value, depth);
    default:
      return false;
  }
}

function isPackableObject(object: object, depth: number): boolean {
  if (depth > MAX_WALK_DEPTH) {
    return false;
  }
  const kind: unknown = object.constructor;
  if (kind === Array) {
    const list = object as readonly unknown[];
    return (
      !looksLikeTag(list[0]) &&
      list.every((item) => item === undefined || isPackable(item, depth + 1))
    );
  }
  if (kind !== Object) {
    return kind === Uint8Array || kind === Date;
  }
  for (const key in object) {
    if (!isPackable((object as Record<string, unknown>)[key], depth + 1)) {
      return false;
    }
  }
  return true;
}

/**
 * A copy that can be packed, of what JSON.stringify would see: with what `toJSON` gives, and without functions, symbols
 * and members that are undefined. What MessagePack does not have becomes a tag (P17.8).
 */
export function toPackable(value: unknown, key = '', depth = 0): unknown {
  if (depth > MAX_COPY_DEPTH) {
    throw new InvalidMessageError(
      `What is to be sent nests deeper than ${MAX_COPY_DEPTH} levels, or contains itself; flatten it`,
    );
  }
  const copy = (item: unknown, name = '') => toPackable(item, name, depth + 1);
  if (typeof value === 'bigint') {
    return hasInt64(value) ? value : ['$bigint', String(value)];
  }
  if (Object.is(value, -0)) {
    return ['$number', '-0'];
  }
  if (typeof value !== 'object' || value === null) {
    return typeof value === 'function' || typeof value === 'symbol' ? undefined : value;
  }
  if (value instanceof Date) {
    return new Date(value.getTime());
  }
  if (value instanceof Map) {
    return ['$map', copy([...value])];
  }
  if (value instanceof Set) {
    return ['$set', copy([...value])];
  }
  const bytes = bytesOf(value);
  if (bytes) {
    return ArrayBuffer.isView(value) ? bytes : ['$buffer', bytes];
  }
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === 'function') {
    const json: unknown = toJSON.call(value, key);
    if (json !== value) {
      return copy(json, key);
    }
  }
  if (value instanceof Number || value instanceof String || value instanceof Boolean) {
    return value.valueOf();
  }
  if (Array.isArray(value)) {
    return copyList(value, copy);
  }
  const members = Object.entries(value).map(
    ([name, member]) => [name, copy(member, name)] as const,
  );
  return Object.fromEntries(members.filter(([, member]) => member !== undefined));
}

function copyList(list: readonly unknown[], copy: (item: unknown, name: string) => unknown) {
  const items = Array.from(list, (item, index) =>
    typeof item === 'function' || typeof item === 'symbol' ? null : copy(item, String(index)),
  );
  const [first] = items;
  if (looksLikeTag(first)) {
    items[0] = `$${first}`;
  }
  return items;
}

function looksLikeTag(first: unknown): first is string {
  return typeof first === 'string' && first[0] === '$';
}

/** Whether it fits into 64 bits with a sign. */
function hasInt64(value: bigint): boolean {
  return BigInt.asIntN(64, value) === value;
}
