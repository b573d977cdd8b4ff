import { ResourceLimitError } from '@asyngular/protocol';

/** What is known of a message before it is decoded. */
export interface Content {
  /** Some array begins with text that begins with `$`. */
  readonly mayHaveTags: boolean;
}

const TAGGED: Content = { mayHaveTags: true };
const PLAIN: Content = { mayHaveTags: false };

const DOLLAR = 0x24;

/** Bytes behind the first one of the types from 0xca to 0xd3: floats, unsigned and signed integers. */
const NUMBER_BYTES = [4, 8, 1, 2, 4, 8, 1, 2, 4, 8];

const TIMESTAMP = 0xff;
const UNDEFINED = 0x00;

/**
 * Reads through MessagePack without making anything of it; `undefined`: it is not MessagePack, or has what the protocol
 * does not allow (P17.8). After that a decoder meets no length that the bytes do not have, no type that it would act on, and no key
 * that is not text. Throws `ResourceLimitError` for a message that nests deeper than `maxDepth`.
 */
export function inspect(bytes: Uint8Array, maxDepth: number): Content | undefined {
  const end = bytes.length;
  /** Of each open array and map: the values still to come, counting keys; and whether it is a map. */
  const left: number[] = [1];
  const isMap: boolean[] = [false];
  let level = 0;
  let mayHaveTags = false;
  let isFirst = false;
  let at = 0;

  /** A number of so many bytes, whose end is where the reading goes on. */
  function readLength(width: number): number {
    let length = 0;
    for (const last = at + width; at < last; at++) {
      // Beyond the end there is `undefined`, and NaN is larger than nothing: the checks below are written for that.
      length = length * 256 + bytes[at]!;
    }
    return length;
  }

  while (level >= 0) {
    if (left[level] === 0) {
      level--;
      continue;
    }
    const isKey = isMap[level]! && left[level]! % 2 === 0;
    left[level]!--;
    const isFirstItem = isFirst;
    isFirst = false;
    if (at >= end) return undefined;
    const type = bytes[at++]!;

    const textWidth = type === 0xd9 ? 1 : type === 0xda ? 2 : type === 0xdb ? 4 : 0;
    if (textWidth > 0 || (type >= 0xa0 && type <= 0xbf)) {
      const length = textWidth > 0 ? readLength(textWidth) : type - 0xa0;
      if (!(length <= end - at)) return undefined;
      if (isFirstItem && length > 0 && bytes[at] === DOLLAR) mayHaveTags = true;
      at += length;
      continue;
    }
    if (isKey) return undefined;

    if (type <= 0x7f || type >= 0xe0) continue;
    const isArray = type >= 0x90 ? type <= 0x9f || type === 0xdc || type === 0xdd : false;
    if (isArray || type <= 0x8f || type === 0xde || type === 0xdf) {
      const count = type <= 0x9f ? type & 0x0f : readLength(type % 2 === 0 ? 2 : 4);
      const values = isArray ? count : count * 2;
      // Each value takes a byte at least.
      if (!(values <= end - at)) return undefined;
      if (++level > maxDepth) {
        throw new ResourceLimitError(
          `Message nests deeper than ${maxDepth} levels; flatten it, or raise the codec's maxDepth`,
        );
      }
      left[level] = values;
      isMap[level] = !isArray;
      isFirst = isArray;
      continue;
    }
    if (type === 0xc0 || type === 0xc2 || type === 0xc3) continue;
    if (type >= 0xc4 && type <= 0xc6) {
      const length = readLength(1 << (type - 0xc4));
      if (!(length <= end - at)) return undefined;
      at += length;
    } else if (type >= 0xca && type <= 0xd3) {
      at += NUMBER_BYTES[type - 0xca]!;
    } else {
      const skipped = extensionBytes(type, bytes, at);
      if (skipped === undefined) return undefined;
      at += skipped;
    }
    if (at > end) return undefined;
  }
  if (at !== end) return undefined;
  return mayHaveTags ? TAGGED : PLAIN;
}

/** What an extension takes behind its first byte, if it is one that the protocol has. */
function extensionBytes(type: number, bytes: Uint8Array, at: number): number | undefined {
  const kind = bytes[at];
  switch (type) {
    case 0xc7:
      // Twelve bytes of time, behind the length and the kind.
      return kind === 12 && bytes[at + 1] === TIMESTAMP ? 14 : undefined;
    case 0xd4:
      // A time of one byte is an invalid date.
      return kind === TIMESTAMP || (kind === UNDEFINED && bytes[at + 1] === 0) ? 2 : undefined;
    case 0xd6:
      return kind === TIMESTAMP ? 5 : undefined;
    case 0xd7:
      return kind === TIMESTAMP ? 9 : undefined;
    default:
      return undefined;
  }
}
