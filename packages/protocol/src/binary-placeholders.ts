import { decodeBase64, encodeBase64 } from './base64.js';

// Deeper than this the quick walk gives up and leaves the decision to JSON.stringify, which also
// finds cycles; the first path that gets here ends the walk, so that cycles cost no more.
const MAX_WALK_DEPTH = 64;

/**
 * Whether encoding the value may need placeholders. May say yes in doubt (objects with `toJSON`,
 * very deep data), never no by mistake. Cheap on ordinary packets: most hold two plain objects.
 */
export function mayHoldBinary(value: object, depth = 0): boolean {
  if (depth > MAX_WALK_DEPTH) {
    return true;
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) {
    if (Array.isArray(value)) {
      return value.some(
        (item) => item && typeof item === 'object' && mayHoldBinary(item, depth + 1),
      );
    }
    if (isBinary(value)) {
      return true;
    }
    if (typeof (value as { toJSON?: unknown }).toJSON === 'function') {
      return !(value instanceof Date);
    }
  }
  for (const key in value) {
    const member = (value as Record<string, unknown>)[key];
    const mayHold =
      member && typeof member === 'object'
        ? mayHoldBinary(member, depth + 1)
        : member === 'Buffer'
          ? key === 'type'
          : key === 'toJSON';
    if (mayHold) {
      return true;
    }
  }
  return false;
}

/** JSON.stringify in which binary data anywhere in the tree becomes a placeholder (P8.3). */
export function stringifyWithBinary(value: unknown): string | undefined {
  return JSON.stringify(value, replaceBinary);
}

/**
 * Looks at the member itself: by the time its value is passed to a replacer, the `toJSON` of a Buffer
 * has already made an array of numbers of it.
 */
function replaceBinary(this: Record<string, unknown>, key: string, value: unknown): unknown {
  const bytes = bytesOf(this[key]) ?? jsonBytesOf(value);
  return bytes ? { base64: true, data: encodeBase64(bytes) } : value;
}

/** The bytes of a buffer or a view of one, without a copy. */
export function bytesOf(value: unknown): Uint8Array | undefined {
  if (ArrayBuffer.isView(value)) {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  return isBinary(value) ? new Uint8Array(value) : undefined;
}

/** What Node's Buffer becomes when it meets JSON before us. */
function jsonBytesOf(value: any): Uint8Array | undefined {
  return value?.type === 'Buffer' && Array.isArray(value.data) && value.data.every(isByte)
    ? Uint8Array.from(value.data)
    : undefined;
}

/** Whether the value is a buffer or a view of one, of this realm or another. */
export function isBinary(value: unknown): value is ArrayBuffer {
  return (
    ArrayBuffer.isView(value) ||
    value instanceof ArrayBuffer ||
    // Also SharedArrayBuffer, which not every page has.
    Object.prototype.toString.call(value).endsWith('ArrayBuffer]')
  );
}

function isByte(value: any): value is number {
  return Number.isInteger(value) && value >= 0 && value <= 255;
}

/** Reviver of JSON.parse: placeholders become `Uint8Array`s; those with bad base64 stay as they are. */
export function restoreBinary(_key: string, value: any): unknown {
  const isPlaceholder =
    value?.base64 === true && typeof value.data === 'string' && Object.keys(value).length === 2;
  return (isPlaceholder && decodeBase64(value.data)) || value;
}
