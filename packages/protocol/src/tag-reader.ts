import { ResourceLimitError } from '@asyngular/errors';
import { decodeBase64 } from './base64.js';
import { setOwn } from './own.js';

/** What a kind of tag has for a content, by `typeof`, and how a value is made of it. It may throw. */
export interface TagKind {
  readonly type: 'string' | 'number' | 'object' | 'undefined';
  read(content: never): unknown;
}

/** The kinds of tags by name (P17.2). */
export const tagKinds: ReadonlyMap<string, TagKind> = new Map<string, TagKind>([
  ['$bigint', { type: 'string', read: BigInt }],
  ['$buffer', { type: 'string', read: (content: string) => decodeBase64(content)!.buffer }],
  ['$bytes', { type: 'string', read: (content: string) => decodeBase64(content)!.subarray() }],
  ['$date', { type: 'number', read: (content: number) => new Date(content) }],
  ['$map', { type: 'object', read: (content: [unknown, unknown][]) => new Map(content) }],
  ['$number', { type: 'string', read: Number }],
  ['$set', { type: 'object', read: (content: unknown[]) => new Set(content) }],
  ['$undefined', { type: 'undefined', read: () => undefined }],
]);

/**
 * Puts values in place of their tags everywhere in what JSON gave, in that object itself. What only looks like a tag,
 * or is one that nobody writes, stays as it is: tags come from strangers.
 */
export function readTags(value: unknown, kinds = tagKinds): unknown {
  if (typeof value !== 'object' || !value) {
    return value;
  }
  for (const [key, member] of Object.entries(value)) {
    const read = readTags(member, kinds);
    if (read !== member) {
      setOwn(value, key, read);
    }
  }
  return Array.isArray(value) ? readTag(value, kinds) : value;
}

function readTag(list: unknown[], kinds: ReadonlyMap<string, TagKind>): unknown {
  const [name, content] = list;
  if (typeof name !== 'string' || name[0] !== '$') {
    return list;
  }
  if (name[1] === '$') {
    list[0] = name.slice(1);
    return list;
  }
  const kind = kinds.get(name);
  if (list.length > 2 || typeof content !== kind?.type) {
    return list;
  }
  try {
    return kind.read(content as never);
  } catch (error) {
    if (error instanceof ResourceLimitError) {
      throw error;
    }
    return list;
  }
}
