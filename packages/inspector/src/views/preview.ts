import { excerptOf } from './excerpt.js';

/** Larger payloads are not decoded. */
const MAX_BYTES = 65_536;

/** A value as a line of text, cut off where it becomes long. `byteLength`: what it takes on the wire, if that is known. */
export function preview(read: () => unknown, byteLength = 0): string {
  if (byteLength > MAX_BYTES) return `(${byteLength.toLocaleString('en')} bytes)`;
  try {
    return excerptOf(read());
  } catch (error) {
    return `(cannot be shown: ${error instanceof Error ? error.message : String(error)})`;
  }
}
