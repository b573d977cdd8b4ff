import type { LogPosition } from '@asyngular/broker';

/** The id of a stream's entry at that position. */
export function entryId({ offset, tag }: LogPosition): string {
  return `${offset}-${tag}`;
}

/** Reads `epoch:offset-tag`. */
export function parseStored(text: string): LogPosition {
  const colon = text.indexOf(':');
  return parseEntryId(text.slice(0, colon), text.slice(colon + 1));
}

export function parseEntryId(epoch: string, id: string): LogPosition {
  const dash = id.indexOf('-');
  return { epoch, offset: Number(id.slice(0, dash)), tag: Number(id.slice(dash + 1)) };
}

/** 32 bits of what tells one envelope from every other: FNV-1a, mixed so that neighbours differ in all bits. */
export function tagOf(node: string, sequence: number): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < node.length; index++) hash = mix(hash, node.charCodeAt(index));
  hash = mix(mix(hash, sequence >>> 0), Math.floor(sequence / 2 ** 32));
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}

function mix(hash: number, value: number): number {
  return Math.imul(hash ^ value, 0x01000193);
}
