import { type Codec, createTextCodec } from './codec.js';
import { TYPES_EXTENSION } from './extensions.js';
import { jsonCodec } from './json-codec.js';
import { createBoundedReader } from './tag-bounds.js';
import { readTags } from './tag-reader.js';
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

/** Options of `createTypedJsonCodec`. */
export interface TypedJsonOptions {
  /** Levels of arrays and objects, tags included; deeper throws `ResourceLimitError`. Default 1,000. */
  maxDepth?: number;
  /** Bounds what takes more time than its length suggests; beyond it `ResourceLimitError`. Default true. */
  isBounded?: boolean;
}

/** The server's default codec, `typedJsonCodec` ready for messages of strangers, and faster on packets without tags. */
export function createTypedJsonCodec({ maxDepth, isBounded = true }: TypedJsonOptions = {}): Codec {
  const read = isBounded ? createBoundedReader() : (value: unknown) => readTags(value);
  const codec = createTextCodec({
    replace: writeTag,
    parse(text) {
      const value: unknown = JSON.parse(text);
      return mayHoldTags(text) ? read(value) : value;
    },
    maxDepth,
  });
  return { ...codec, extension: TYPES_EXTENSION };
}
