import { encodeBase64 } from './base64.js';

/**
 * Replacer of JSON.stringify: binary data anywhere in the tree becomes a placeholder (P8.3). It looks at the
 * member itself: by the time its value is passed to a replacer, the `toJSON` of a Buffer has already made an
 * array of numbers of it.
 */
export function replaceBinary(this: any, key: string, value: any): unknown {
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
function jsonBytesOf(value: any): Uint8Array | undefined {
  return value?.type === 'Buffer' && Array.isArray(value.data) && value.data.every(isByte)
    ? Uint8Array.from(value.data)
    : undefined;
}

function isByte(value: unknown): boolean {
  return (value as number) === ((value as number) & 255);
}

/** An ArrayBuffer or SharedArrayBuffer (which not every page has), of this realm or another. */
function isBuffer(value: unknown): value is ArrayBuffer {
  return Object.prototype.toString.call(value).endsWith('ArrayBuffer]');
}
