import type { LogPosition } from './log.js';

/** Longest text of a position that is read. */
const MAX_LENGTH = 128;
const FORMAT = /^([A-Za-z0-9_-]{1,32}):(\d{1,16}):([0-9a-f]{1,8})$/;

/** The position as text, as clients keep it: `epoch:offset:tag`, the tag in hexadecimal digits. */
export function formatPosition(position: LogPosition): string {
  return `${position.epoch}:${formatPlace(position)}`;
}

/** The position without its epoch, as it travels with each publication. */
export function formatPlace({ offset, tag }: LogPosition): string {
  return `${offset}:${tag.toString(16)}`;
}

/** Reads what `formatPosition` wrote; `undefined` for anything else. */
export function parsePosition(text: unknown): LogPosition | undefined {
  if (typeof text !== 'string' || text.length > MAX_LENGTH) return undefined;
  const parts = FORMAT.exec(text);
  if (parts === null) return undefined;
  const offset = Number(parts[2]);
  if (!Number.isSafeInteger(offset)) return undefined;
  return { epoch: parts[1]!, offset, tag: Number.parseInt(parts[3]!, 16) };
}

/** The same place of the same log, with the same publication at it. */
export function isSamePosition(a: LogPosition, b: LogPosition): boolean {
  return a.epoch === b.epoch && a.offset === b.offset && a.tag === b.tag;
}
