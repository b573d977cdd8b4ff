import { CommandError } from './command-error.js';
import { exitCodes } from './exit-codes.js';

/**
 * What an argument means: JSON where it looks like JSON, else the text itself, so that `pub news hello` needs no quotes
 * inside quotes. What begins like an object, a list or a quoted text has to be JSON: it is a slip of the pen otherwise.
 */
export function parseValue(text: string, options: { readonly text?: boolean } = {}): unknown {
  if (options.text) return text;
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!/^\s*[{["]/.test(text)) return text;
    throw new CommandError(
      exitCodes.usage,
      `${text} is not JSON (${(error as Error).message}); correct it, or send it as text with --text`,
      { cause: error },
    );
  }
}

/** A value as JSON on one line. Values that JSON does not know are shown as what is nearest to them. */
export function showValue(value: unknown): string {
  return escapeControls(JSON.stringify(value, nearest) ?? 'null');
}

/** The same over several lines, for people. */
export function showIndented(value: unknown): string {
  return escapeControls(JSON.stringify(value, nearest, 2) ?? 'null');
}

/**
 * Text of others, for people: on one line, and without control characters, which would let its author move the cursor,
 * set the clipboard (ECMA-48, xterm's OSC 52), or show the text in another order than it has (UAX #9). They are shown as
 * JSON escapes them; tabs stay.
 */
export function showText(text: string): string {
  return text.replace(/(?!\t)[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, escaped);
}

/** Characters of an error of others that are shown. */
const MAX_BRIEF = 2_000;

/** The same of what nobody would read to its end. */
export function showBriefly(text: string): string {
  const shown = showText(text.slice(0, MAX_BRIEF));
  return text.length > MAX_BRIEF ? `${shown}… (${text.length} characters)` : shown;
}

/** JSON leaves these in its texts, and terminals obey them as well. */
function escapeControls(json: string): string {
  return json.replace(/[\u007f-\u009f\p{Bidi_Control}]/gu, escaped);
}

function escaped(character: string): string {
  const quoted = JSON.stringify(character).slice(1, -1);
  if (quoted !== character) return quoted;
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function nearest(_name: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Map || value instanceof Set) return [...value];
  if (value instanceof ArrayBuffer) return Buffer.from(value).toString('base64');
  if (ArrayBuffer.isView(value)) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
  }
  return value;
}
