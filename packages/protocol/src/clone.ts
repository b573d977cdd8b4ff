import { isBinary } from './binary-placeholders.js';
import { setOwn } from './own.js';

/**
 * Copies JSON-like data deeply: plain objects, arrays, dates and binary data. Members named
 * `__proto__` stay ordinary members; cycles and shared references keep their shape; class instances
 * and functions are shared, not copied. Binary data gets memory of its own.
 */
export function cloneDeep<T>(value: T): T {
  return cloneValue(value, new Map()) as T;
}

function cloneValue(value: unknown, copies: Map<object, unknown>): unknown {
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const earlier = copies.get(value);
  if (earlier !== undefined) {
    return earlier;
  }
  if (Array.isArray(value)) {
    const copy: unknown[] = [];
    copies.set(value, copy);
    for (const item of value) {
      copy.push(cloneValue(item, copies));
    }
    return copy;
  }
  if (value instanceof Date) {
    return new Date(value);
  }
  if (isBinary(value)) {
    return cloneBinary(value);
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    return value;
  }
  const copy = prototype === null ? Object.create(null) : {};
  copies.set(value, copy);
  for (const [key, member] of Object.entries(value)) {
    setOwn(copy, key, cloneValue(member, copies));
  }
  return copy;
}

function cloneBinary(value: ArrayBuffer | ArrayBufferView): unknown {
  if (!ArrayBuffer.isView(value)) {
    return value.slice(0);
  }
  const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice();
  if (value instanceof DataView) {
    return new DataView(bytes.buffer);
  }
  const View = value.constructor as new (
    buffer: ArrayBufferLike,
    byteOffset?: number,
    length?: number,
  ) => unknown;
  // Node's Buffer cannot be constructed quietly; its copy is the Uint8Array that it extends.
  return value instanceof Uint8Array ? bytes : new View(bytes.buffer);
}
