import { encodeBase64 } from './base64.js';
import { bytesOf } from './binary-placeholders.js';
import type { UnknownRecord } from './own.js';

/** A tag as it is written: its first element is a name of ours, and not an application's text to be escaped. */
class Tag extends Array<unknown> {}

/**
 * Replacer of JSON.stringify: values that JSON does not have become tags, `["$date",0]`, and of arrays that look like
 * one the first element gets a further `$` (P17.2, P17.3). It looks at the member itself, too: by the time its value is
 * passed to a replacer, the `toJSON` of a Date has already made text of it.
 */
export function writeTag(this: UnknownRecord, key: string, value: unknown): unknown {
  if (typeof value === 'string' && key === '0' && value[0] === '$' && Array.isArray(this)) {
    return this instanceof Tag ? value : `$${value}`;
  }
  if (value === undefined && Array.isArray(this)) {
    return new Tag('$undefined');
  }
  const own = this[key];
  return tagOf(own) ?? (own === value ? value : (tagOf(value) ?? value));
}

/** The contents of tags are replaced in their turn: the NaN of an invalid date, what a map holds. */
function tagOf(value: unknown): Tag | undefined {
  if (typeof value === 'bigint') {
    return new Tag('$bigint', String(value));
  }
  if (typeof value === 'number') {
    const isJson = Number.isFinite(value) && !Object.is(value, -0);
    return isJson ? undefined : new Tag('$number', value === 0 ? '-0' : String(value));
  }
  if (typeof value !== 'object' || !value) {
    return undefined;
  }
  if (value instanceof Date) {
    return new Tag('$date', value.getTime());
  }
  if (value instanceof Map) {
    return new Tag('$map', [...value]);
  }
  if (value instanceof Set) {
    return new Tag('$set', [...value]);
  }
  const bytes = bytesOf(value);
  return bytes && new Tag(ArrayBuffer.isView(value) ? '$bytes' : '$buffer', encodeBase64(bytes));
}
