import { bytesOf } from './binary-placeholders.js';

// Deeper than this the quick walk gives up and leaves the decision to JSON.stringify, which also
// finds cycles; the first path that gets here ends the walk, so that cycles cost no more.
const MAX_WALK_DEPTH = 64;

/** What tags and their escapes begin with. */
const DOLLAR = 0x24;

/**
 * Whether a value may hold something that plain JSON loses: binary data, or what gets a tag (P17). May say yes in
 * doubt (objects with `toJSON`, very deep data), never no by mistake; after no, `JSON.stringify(value)` is the encoding
 * for every peer. Cheap on ordinary packets: most hold two plain objects.
 */
export function needsReplacer(value: object, depth = 0): boolean {
  if (depth > MAX_WALK_DEPTH) {
    return true;
  }
  if (Array.isArray(value)) {
    return hasSpecialItem(value, depth);
  }
  if (Object.getPrototypeOf(value) !== Object.prototype && isSpecial(value)) {
    return true;
  }
  for (const key in value) {
    const member = (value as Record<string, unknown>)[key];
    switch (typeof member) {
      case 'object':
        if (member !== null && needsReplacer(member, depth + 1)) return true;
        break;
      case 'number':
        if (isOddNumber(member)) return true;
        break;
      case 'string':
        if (member === 'Buffer' && key === 'type') return true;
        break;
      case 'function':
        if (key === 'toJSON') return true;
        break;
      case 'bigint':
        return true;
    }
  }
  return false;
}

function hasSpecialItem(items: readonly unknown[], depth: number): boolean {
  // By index, because the gaps of a sparse array count, too.
  for (let index = 0; index < items.length; index++) {
    const item = items[index];
    switch (typeof item) {
      case 'object':
        if (item !== null && needsReplacer(item, depth + 1)) return true;
        break;
      case 'number':
        if (isOddNumber(item)) return true;
        break;
      case 'string':
        if (index === 0 && item.charCodeAt(0) === DOLLAR) return true;
        break;
      case 'undefined':
      case 'bigint':
        return true;
    }
  }
  return false;
}

/** NaN, the infinities and -0. */
function isOddNumber(value: number): boolean {
  return value === 0 ? 1 / value < 0 : value - value !== 0;
}

/** Of objects that are no plain ones. */
function isSpecial(value: object): boolean {
  return (
    value instanceof Map ||
    value instanceof Set ||
    bytesOf(value) !== undefined ||
    typeof (value as { toJSON?: unknown }).toJSON === 'function'
  );
}
