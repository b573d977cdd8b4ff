/** What a number, a boolean or the name of a member counts. */
const SMALL = 8;

/**
 * About how many bytes `value` takes on the wire, so that large items are not sent as far ahead as small ones.
 * @throws RangeError for what contains itself, which is no data
 */
export function roughSize(value: unknown): number {
  if (typeof value === 'string') {
    return value.length;
  }
  if (typeof value !== 'object' || !value) {
    return SMALL;
  }
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
    return value.byteLength;
  }
  const isCollection = value instanceof Map || value instanceof Set;
  let size = SMALL;
  for (const part of isCollection ? value : Object.values(value)) {
    size += SMALL + roughSize(part);
  }
  return size;
}
