import type { Codec } from '@asyngular/protocol';
import { protocolEvents } from '@asyngular/protocol';
import { DATA, HEAD, TAIL } from '../codecs/publication-text.js';

/** What JSON writes with a backslash: quotes, backslashes, control characters, lone surrogates. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for.
const NEEDS_ESCAPES = /["\\\u0000-\u001f\ud800-\udfff]/;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/**
 * Whether a message that came through the broker is a publication on the channel it came on, and nothing
 * else. Clients get it as it is, so that anybody who may write to the broker could otherwise send them any
 * packet, such as `#setAuthToken`.
 *
 * JSON is not parsed for it: a publication has one beginning and one end, and between them must be one
 * value, so that no further member overrides what came before. A value that is no JSON passes; it is
 * reported where it is decoded. Messages of other codecs are decoded.
 */
export function isPublicationOn(
  channel: string,
  message: string | Uint8Array,
  codec: Codec,
): boolean {
  if (typeof message !== 'string' || !message.startsWith(HEAD)) {
    return isDecodedPublicationOn(channel, message, codec);
  }
  const start = endOfName(channel, message);
  if (start === undefined || !message.endsWith(TAIL)) return false;
  const end = message.length - TAIL.length;
  // Published without data.
  if (start === end) return true;
  return message.startsWith(DATA, start) && isOneValue(message, start + DATA.length, end);
}

/** Where the channel's name ends in a message that begins with `HEAD`, if it is that name. */
function endOfName(channel: string, message: string): number | undefined {
  // Names that stand in JSON as they are, which is most of them, need no copy.
  const name = NEEDS_ESCAPES.test(channel) ? JSON.stringify(channel).slice(1, -1) : channel;
  const start = HEAD.length + 1;
  const end = start + name.length;
  const isQuoted = message.charCodeAt(HEAD.length) === QUOTE && message.charCodeAt(end) === QUOTE;
  return isQuoted && message.startsWith(name, start) ? end + 1 : undefined;
}

/** Whether brackets and strings of the text close where it ends, with no comma or colon outside of them. */
function isOneValue(text: string, start: number, end: number): boolean {
  let depth = 0;
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at + 1);
      if (at >= end) return false;
    } else if (code === OPEN_OBJECT || code === OPEN_LIST) {
      depth++;
    } else if (code === CLOSE_OBJECT || code === CLOSE_LIST) {
      if (--depth < 0) return false;
    } else if (depth === 0 && (code === COMMA || code === COLON)) {
      return false;
    }
  }
  return depth === 0 && start < end;
}

/** Index of the quote that ends a string; beyond the text when there is none. */
function endOfString(text: string, start: number): number {
  for (let at = start; ; at++) {
    at = text.indexOf('"', at);
    if (at === -1) return text.length;
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return at;
  }
}

function isDecodedPublicationOn(
  channel: string,
  message: string | Uint8Array,
  codec: Codec,
): boolean {
  try {
    const packet = codec.decode(message) as unknown;
    if (!hasOnly(packet, 'event', 'data') || packet.event !== protocolEvents.publish) return false;
    return hasOnly(packet.data, 'channel', 'data') && packet.data.channel === channel;
  } catch {
    return false;
  }
}

function hasOnly<Name extends string>(
  value: unknown,
  ...names: Name[]
): value is Partial<Record<Name, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  return Object.keys(value).every((key) => (names as string[]).includes(key));
}
