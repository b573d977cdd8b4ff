import { decodeBase64 } from './base64.js';
import { setOwn, type UnknownRecord } from './own.js';

/**
 * A kind of tag: what `typeof` says of its content, how a value is made of that, which may throw, and what refuses content
 * that would take too long, by throwing, too.
 */
export type TagKind = readonly [
  type: string,
  read: (content: never) => unknown,
  assertBounded?: (content: never) => void,
];

/** By name (P17.2). No object inherits a name that begins with `$`, so that a peer finds only what is written here. */
export type TagKinds = Readonly<Record<string, TagKind>>;

export const tagKinds: TagKinds = {
  $bigint: ['string', BigInt],
  $buffer: ['string', (content: string) => decodeBase64(content)!.buffer],
  $bytes: ['string', (content: string) => decodeBase64(content)!.subarray()],
  $date: ['number', (content: number) => new Date(content)],
  $map: ['object', (content: [unknown, unknown][]) => new Map([...content])],
  $number: ['string', Number],
  $set: ['object', (content: unknown[]) => new Set([...content])],
  $undefined: ['undefined', () => undefined],
};

/**
 * Puts values in place of their tags everywhere in what JSON gave, in that object itself. What only looks like a tag,
 * or is one that nobody writes, stays as it is: tags come from strangers. Throws what `assertBounded` throws.
 */
export function readTags(value: unknown, kinds = tagKinds): unknown {
  // Bytes, which other codecs than JSON have read by now, hold no tags, and would be walked byte by byte.
  if (typeof value !== 'object' || !value || ArrayBuffer.isView(value)) {
    return value;
  }
  // Lists of keys cost more than all the rest, and most arrays are tags.
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      value[index] = readTags(value[index], kinds);
    }
    return readTag(value, kinds);
  }
  for (const key of Object.keys(value)) {
    const member = (value as UnknownRecord)[key];
    const read = readTags(member, kinds);
    if (read !== member) {
      setOwn(value, key, read);
    }
  }
  return value;
}

function readTag(list: unknown[], kinds: TagKinds): unknown {
  const [name, content] = list;
  if (typeof name !== 'string' || name[0] !== '$') {
    return list;
  }
  if (name[1] === '$') {
    list[0] = name.slice(1);
    return list;
  }
  const [type, read, assertBounded] = kinds[name] ?? [];
  if (list.length < 3 && typeof content === type) {
    assertBounded?.(content as never);
    try {
      return read!(content as never);
    } catch {
      // Not made by any writer of tags.
    }
  }
  return list;
}
