import { protocolEvents } from '@asyngular/protocol';

/** What a publication begins with in JSON, up to the channel's name. */
export const HEAD = `{"event":"${protocolEvents.publish}","data":{"channel":`;
/** What stands before its data; no name holds a bare quote, so the first one is it. */
export const DATA = ',"data":';
/** What a publication ends with in JSON. */
export const TAIL = '}}';

const SPACE = 0x20;

/** Whether an encoded publication is the JSON of one. */
export function isJsonPublication(message: string): boolean {
  return message.startsWith(HEAD) && message.endsWith(TAIL);
}

/**
 * Marks the JSON of a publication as one whose data has tags (P17.5): JSON allows a space that nobody else writes. One
 * without data, of which a `toJSON` has left nothing, has no tags either.
 */
export function markTags(message: string): string {
  const start = startOfData(message);
  return start === undefined ? message : `${message.slice(0, start)} ${message.slice(start)}`;
}

export function isMarked(message: string): boolean {
  const start = startOfData(message);
  return start !== undefined && message.charCodeAt(start) === SPACE;
}

function startOfData(message: string): number | undefined {
  const before = message.indexOf(DATA, HEAD.length);
  return before === -1 ? undefined : before + DATA.length;
}
