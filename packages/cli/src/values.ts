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
  return JSON.stringify(value, nearest) ?? 'null';
}

/** The same over several lines, for people. */
export function showIndented(value: unknown): string {
  return JSON.stringify(value, nearest, 2) ?? 'null';
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
