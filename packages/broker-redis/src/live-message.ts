import type { StoredEntry } from '@asyngular/broker/transport';
import { parseStored } from './stored-position.js';

const NEWLINE = 0x0a;
const SPACE = 0x20;

/**
 * The entries of a message that `appendScript` published: of each `position length`, a newline, and so many bytes of
 * envelope. What the script did not write stands for nothing in the log, and ends it.
 */
export function* liveEntries(message: Uint8Array): IterableIterator<StoredEntry> {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(SPACE, at);
    const newline = bytes.indexOf(NEWLINE, at);
    if (space === -1 || newline < space) return;
    const position = parseStored(bytes.toString('latin1', at, space));
    const end = newline + 1 + Number(bytes.toString('latin1', space + 1, newline));
    if (!Number.isSafeInteger(position.offset) || !(end <= bytes.length)) return;
    yield { position, previous: position.offset - 1, data: bytes.subarray(newline + 1, end) };
    at = end;
  }
}
