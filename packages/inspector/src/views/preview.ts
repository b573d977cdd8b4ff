/** Larger payloads are not turned into text at all. */
const MAX_BYTES = 65_536;
/** Characters of a text that are shown. */
const MAX_LENGTH = 500;

/** A value as a line of text, cut off where it becomes long. `byteLength`: what it takes on the wire, if that is known. */
export function preview(read: () => unknown, byteLength = 0): string {
  if (byteLength > MAX_BYTES) return `(${byteLength.toLocaleString('en')} bytes)`;
  try {
    return cut(JSON.stringify(read(), plain) ?? 'undefined');
  } catch (error) {
    return `(cannot be shown: ${error instanceof Error ? error.message : String(error)})`;
  }
}

/** A text, cut off where it becomes long. */
export function cut(text: string): string {
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
}

/** What JSON would leave out, throw at or show as an empty object. */
function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`;
  if (value instanceof Map) return { Map: [...value] };
  if (value instanceof Set) return { Set: [...value] };
  if (ArrayBuffer.isView(value)) return `(${value.byteLength} bytes)`;
  if (typeof value === 'object' && value !== null && 'type' in value && 'data' in value) {
    // A Buffer has become this before it gets here.
    const { type, data } = value as { type: unknown; data: unknown };
    if (type === 'Buffer' && Array.isArray(data)) return `(${data.length} bytes)`;
  }
  return value;
}
