/** Limits shared by the page (as hints) and the server (as law). Lengths are in UTF-16 units, like `maxlength`. */
export const MAX_NAME_LENGTH = 24;
export const MAX_ROOM_LENGTH = 30;
export const MAX_TEXT_LENGTH = 2000;
/** Messages kept per room. */
export const HISTORY_LIMIT = 50;

const NAME = /^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N} ._'’-]*[\p{L}\p{M}\p{N}.])?$/u;
const ROOM = /^[\p{Ll}\p{Lo}\p{N}][\p{Ll}\p{Lo}\p{M}\p{N}-]*$/u;
const MESSAGE_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const CONTROL_CHARACTERS = /[^\P{Cc}\n\t]/gu;

/** A broken rule. Its message is written for the person at the keyboard and may be shown as it is. */
export class ChatRuleError extends Error {
  override readonly name = 'ChatRuleError';
}

/** Returns the name, trimmed and normalised, or throws `ChatRuleError`. */
export function checkName(value: unknown): string {
  const name = typeof value === 'string' ? value.trim().normalize('NFC').replace(/ +/g, ' ') : '';
  if (name === '') throw new ChatRuleError('Please enter a name.');
  if (name.length > MAX_NAME_LENGTH) {
    throw new ChatRuleError(`That name is too long: use at most ${MAX_NAME_LENGTH} characters.`);
  }
  if (!NAME.test(name)) {
    throw new ChatRuleError(
      "A name starts with a letter or digit and holds only letters, digits, spaces and . _ ' -",
    );
  }
  return name;
}

/** Returns the room name in lower case, or throws `ChatRuleError`. */
export function checkRoom(value: unknown): string {
  const room = typeof value === 'string' ? value.trim().normalize('NFC').toLowerCase() : '';
  if (room === '') throw new ChatRuleError('Please enter a room name.');
  if (room.length > MAX_ROOM_LENGTH) {
    throw new ChatRuleError(
      `That room name is too long: use at most ${MAX_ROOM_LENGTH} characters.`,
    );
  }
  if (!ROOM.test(room)) {
    throw new ChatRuleError('A room name holds only letters, digits and hyphens, without spaces.');
  }
  return room;
}

/** Returns the id when it is a UUID, or throws `ChatRuleError`. */
export function checkMessageId(value: unknown): string {
  if (typeof value === 'string' && MESSAGE_ID.test(value)) return value;
  throw new ChatRuleError('A message needs a UUID as its id.');
}

/** Returns the text, trimmed and without control characters, or throws `ChatRuleError`. */
export function checkText(value: unknown): string {
  const text = typeof value === 'string' ? value.replace(CONTROL_CHARACTERS, '').trim() : '';
  if (text === '') throw new ChatRuleError('An empty message cannot be sent.');
  if (text.length > MAX_TEXT_LENGTH) {
    throw new ChatRuleError(
      `That message has ${text.length} characters: use at most ${MAX_TEXT_LENGTH}.`,
    );
  }
  return text;
}
