import { decodeBase64, encodeBase64 } from './base64.js';

/** How binary data travels inside JSON (P8.3). */
export interface BinaryPlaceholder {
  base64: true;
  data: string;
}

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
      return mayItemsHoldBinary(value, depth);
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
    if (typeof member === 'object') {
      if (member !== null && mayHoldBinary(member, depth + 1)) {
        return true;
      }
    } else if (member === 'Buffer' ? key === 'type' : key === 'toJSON') {
      return true;
    }
  }
  return false;
}

function mayItemsHoldBinary(items: readonly unknown[], depth: number): boolean {
  for (let index = 0; index < items.length; index++) {
    const item = items[index];
    if (typeof item === 'object' && item !== null && mayHoldBinary(item, depth + 1)) {
      return true;
    }
  }
  return false;
}

/** JSON.stringify in which binary data anywhere in the tree becomes a placeholder (P8.3). */
export function stringifyWithBinary(value: unknown): string | undefined {
  return JSON.stringify(placeholderOf(value) ?? value, replaceBinary);
}

/**
 * Replacer that looks at an object's children before JSON.stringify does: by the time a Buffer would
 * be passed to us itself, its `toJSON` has already made an array of numbers of it.
 */
function replaceBinary(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const own = placeholderOf(value);
  if (own !== undefined) {
    return own;
  }
  let copy: Record<string, unknown> | unknown[] | undefined;
  for (const key of Object.keys(value)) {
    const placeholder = placeholderOf((value as Record<string, unknown>)[key]);
    if (placeholder !== undefined) {
      copy ??= Array.isArray(value) ? [...value] : Object.assign(Object.create(null), value);
      (copy as Record<string, unknown>)[key] = placeholder;
    }
  }
  return copy ?? value;
}

function placeholderOf(value: unknown): BinaryPlaceholder | undefined {
  if (typeof value !== 'object' || value === null) {
    return undefined;
  }
  const bytes = bytesOf(value) ?? jsonBytesOf(value);
  return bytes === undefined ? undefined : { base64: true, data: encodeBase64(bytes) };
}

/** The bytes of a buffer or a view of one, without a copy. */
export function bytesOf(value: unknown): Uint8Array | undefined {
  if (ArrayBuffer.isView(value)) {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  return isArrayBuffer(value) ? new Uint8Array(value) : undefined;
}

/** What Node's Buffer becomes when it meets JSON before us. */
function jsonBytesOf(value: object): Uint8Array | undefined {
  const { type, data } = value as { type?: unknown; data?: unknown };
  return type === 'Buffer' && Array.isArray(data) && data.every(isByte)
    ? Uint8Array.from(data)
    : undefined;
}

/** Whether the value is a buffer or a view of one, of this realm or another. */
export function isBinary(value: object): value is ArrayBuffer | ArrayBufferView {
  return ArrayBuffer.isView(value) || isArrayBuffer(value);
}

function isArrayBuffer(value: unknown): value is ArrayBuffer {
  return (
    value instanceof ArrayBuffer ||
    /^\[object (Shared)?ArrayBuffer\]$/.test(Object.prototype.toString.call(value))
  );
}

function isByte(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 255;
}

/**
 * Replaces placeholders in freshly parsed JSON by `Uint8Array`s, in place, and returns the result.
 * Recursion is bounded by the codec's `maxDepth`. Placeholders with bad base64 stay as they are.
 */
export function restoreBinary(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const bytes = restoredBytes(value);
  if (bytes !== undefined) {
    return bytes;
  }
  for (const key of Object.keys(value)) {
    const member = (value as Record<string, unknown>)[key];
    if (typeof member === 'object' && member !== null) {
      // Safe for a member named `__proto__`: JSON.parse made it an own one, which assignment finds first.
      (value as Record<string, unknown>)[key] = restoreBinary(member);
    }
  }
  return value;
}

function restoredBytes(value: object): Uint8Array | undefined {
  const { base64, data } = value as Partial<BinaryPlaceholder>;
  const isPlaceholder =
    base64 === true && typeof data === 'string' && Object.keys(value).length === 2;
  return isPlaceholder ? decodeBase64(data) : undefined;
}
