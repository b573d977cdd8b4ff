import { ResourceLimitError } from '@asyngular/errors';
import { type Codec, createTextCodec } from './codec.js';
import { TYPES_EXTENSION } from './extensions.js';
import { jsonCodec } from './json-codec.js';
import { readTags, type TagKind, tagKinds } from './tag-reader.js';
import { writeTag } from './tag-writer.js';

/**
 * The client's default codec: JSON in which dates, binary data, maps, sets, big integers and the like are tagged, where
 * both ends have named the extension `types` (P17). It has no bounds, as `jsonCodec` has none.
 */
export const typedJsonCodec: Codec = {
  encode: (packet) => JSON.stringify(packet, writeTag),
  decode(message) {
    const value = jsonCodec.decode(message);
    return mayHoldTags(message) ? readTags(value) : value;
  },
  extension: TYPES_EXTENSION,
};

/** Cheap, and on most messages the last word. */
function mayHoldTags(message: unknown): boolean {
  return typeof message === 'string' && message.includes('"$');
}

/**
 * Longest text of a big integer. The time to read one grows with the square of its length: 0.2 ms for this much, half a
 * second for a message full of digits.
 */
const MAX_BIGINT_LENGTH = 10_000;

/**
 * Most numbers among the keys of a map or the members of a set. Their hashes are no secret, unlike those of text: a
 * megabyte of numbers that all have the same one would take seconds. A big integer counts tenfold.
 */
const MAX_NUMERIC_KEYS = 1_000;
const BIGINT_COST = 10;

/** The kinds of tags for messages of strangers. */
const boundedKinds: ReadonlyMap<string, TagKind> = new Map<string, TagKind>([
  ...tagKinds,
  ['$bigint', { type: 'string', read: readBigInt }],
  ['$map', { type: 'object', read: readMap }],
  ['$set', { type: 'object', read: readSet }],
]);

/** Options of `createTypedJsonCodec`. */
export interface TypedJsonOptions {
  /** Levels of arrays and objects, tags included; deeper throws `ResourceLimitError`. Default 1,000. */
  maxDepth?: number;
  /** Bounds what takes more time than its length suggests; beyond it `ResourceLimitError`. Default true. */
  isBounded?: boolean;
}

/** The server's default codec, `typedJsonCodec` ready for messages of strangers, and faster on packets without tags. */
export function createTypedJsonCodec({ maxDepth, isBounded = true }: TypedJsonOptions = {}): Codec {
  const kinds = isBounded ? boundedKinds : tagKinds;
  const codec = createTextCodec({
    replace: writeTag,
    parse(text) {
      const value: unknown = JSON.parse(text);
      return mayHoldTags(text) ? readTags(value, kinds) : value;
    },
    maxDepth,
  });
  return { ...codec, extension: TYPES_EXTENSION };
}

function readBigInt(text: string): bigint {
  if (text.length > MAX_BIGINT_LENGTH) {
    throw new ResourceLimitError(
      `A message holds an integer of ${text.length} digits; up to ${MAX_BIGINT_LENGTH} are read`,
    );
  }
  return BigInt(text);
}

function readMap(entries: [unknown, unknown][]): Map<unknown, unknown> {
  assertFewNumbers(entries.map(([key]) => key));
  return new Map(entries);
}

function readSet(members: unknown[]): Set<unknown> {
  assertFewNumbers(members);
  return new Set(members);
}

function assertFewNumbers(keys: readonly unknown[]): void {
  let cost = 0;
  for (const key of keys) {
    if (typeof key === 'number') cost++;
    else if (typeof key === 'bigint') cost += BIGINT_COST;
  }
  if (cost > MAX_NUMERIC_KEYS) {
    throw new ResourceLimitError(
      `A message holds a map or a set with more than ${MAX_NUMERIC_KEYS} numbers as keys (a big integer counts ` +
        `${BIGINT_COST} times); send an array, or text as keys`,
    );
  }
}
