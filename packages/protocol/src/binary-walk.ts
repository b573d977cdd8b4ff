import { bytesOf } from './binary-placeholders.js';

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
    if (bytesOf(value)) {
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
