/** What a member of the board shows: where its cursor is, from 0 to 1 of the board's width and height. */
export interface Cursor {
  readonly name: string;
  readonly x: number;
  readonly y: number;
}

export interface CursorsApi {
  channels: { board: never };
  presence: { board: Cursor };
}

export const MAX_NAME_LENGTH = 24;

/** Returns the cursor with nothing else in it, or false when it is none: what everybody sees is checked here. */
export function readCursor(state: unknown): Cursor | false {
  const { name, x, y } = Object(state) as Record<keyof Cursor, unknown>;
  if (typeof name !== 'string' || name.length > MAX_NAME_LENGTH) return false;
  return isPlace(x) && isPlace(y) && { name, x, y };
}

function isPlace(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 1;
}
