import { InvalidMessageError } from '@asyngular/protocol';
import { bytesOf } from '@asyngular/protocol/internal';

/**
 * A message as engines take it: text, or the bytes of any buffer or view. Frames are written into
 * memory that is not cleared first, so what is no message must not get that far.
 */
export function toMessage(value: unknown): string | Uint8Array {
  if (typeof value === 'string' || value instanceof Uint8Array) return value;
  const bytes = bytesOf(value);
  if (bytes !== undefined) return bytes;
  const what = value === null ? 'null' : `of type ${typeof value}`;
  throw new InvalidMessageError(`A message is ${what}; it must be a string or binary data`);
}
