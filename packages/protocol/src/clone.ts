import { bytesOf } from './binary-placeholders.js';
import { setOwn } from './own.js';

/**
 * Copies data deeply: plain objects, arrays, maps, sets, dates and binary data. Members named
 * `__proto__` stay ordinary members; cycles and shared references keep their shape; class instances
 * and functions are shared, not copied. Binary data gets memory of its own.
 */
export function cloneDeep<T>(value: T, copies?: Map<unknown, unknown>): T;
export function cloneDeep(value: unknown, copies = new Map<unknown, unknown>()): unknown {
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const earlier = copies.get(value);
  if (earlier !== undefined) {
    return earlier;
  }
  if (value instanceof Date || bytesOf(value)) {
    return structuredClone(value);
  }
  if (value instanceof Map) {
    const map = new Map();
    copies.set(value, map);
    for (const [key, member] of value) {
      map.set(cloneDeep(key, copies), cloneDeep(member, copies));
    }
    return map;
  }
  if (value instanceof Set) {
    const set = new Set();
    copies.set(value, set);
    for (const member of value) {
      set.add(cloneDeep(member, copies));
    }
    return set;
  }
  const prototype = Object.getPrototypeOf(value);
  const isArray = Array.isArray(value);
  if (!isArray && prototype !== Object.prototype && prototype !== null) {
    return value;
  }
  const copy = isArray ? [] : Object.create(prototype);
  copies.set(value, copy);
  for (const [key, member] of Object.entries(value)) {
    setOwn(copy, key, cloneDeep(member, copies));
  }
  return copy;
}
