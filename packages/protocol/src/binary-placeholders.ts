import { encodeBase64 } from './base64.js';
import { isRecord, type UnknownRecord } from './own.js';

/**
 * Replacer of JSON.stringify: binary data anywhere in the tree becomes a placeholder (P8.3). It looks at the
 * member itself: by the time its value is passed to a replacer, the `toJSON` of a Buffer has already made an
 * array of numbers of it.
 */
export function replaceBinary(this: UnknownRecord, key: string, value: unknown): unknown {
  const bytes = bytesOf(this[key]) ?? jsonBytesOf(value);
  return bytes ? { base64: true, data: encodeBase64(bytes) } : value;
}

/** The bytes of a buffer or a view of one, without a copy. */
export function bytesOf(value: unknown): Uint8Array | undefined {
  if (ArrayBuffer.isView(value)) {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  return isBuffer(value) ? new Uint8Array(value) : undefined;
}

/** What Node's Buffer becomes when it meets JSON before us. */
function jsonBytesOf(value: unknown): Uint8Array | undefined {
  return isRecord(value) && value.type === 'Buffer' && isByteList(value.data)
    ? Uint8Array.from(value.data)
    : undefined;
}

function isByteList(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(isByte);
}

function isByte(value: unknown): boolean {
  return typeof value === 'number' && value === (value & 255);
}

/** An ArrayBuffer or SharedArrayBuffer (which not every page has), of this realm or another. */
function isBuffer(value: unknown): value is ArrayBuffer {
  return Object.prototype.toString.call(value).endsWith('ArrayBuffer]');
}
