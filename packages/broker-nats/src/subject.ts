import { createHash } from 'node:crypto';
import type { Lane } from '@asyngular/broker/transport';

/**
 * Longest token written out, in bytes. NATS reads a protocol line of at most 4,096 bytes by default
 * (`max_control_line`), less than 1,000 escaped characters; longer names travel as their hash.
 */
const MAX_TOKEN_BYTES = 512;

// Everything that means something in a subject, or cannot stand in a protocol line, and `=` itself.
// Lone surrogates would all become U+FFFD in UTF-8, and two channels one subject.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for.
const UNSAFE = /[\s\u0000-\u001f\u007f-\u009f.*>=]|\p{Surrogate}/gu;

/**
 * The subject of any channel name, one to one: `room1` → `asyngular.c.room1`, `a b` →
 * `asyngular.c.a=20;b`, very long names → `asyngular.h.<sha256>`; `null` is the control lane.
 */
export function channelToSubject(prefix: string, channel: Lane): string {
  if (channel === null) return `${prefix}.n`;
  // A token must not be empty; no escaped name is a bare `=`.
  if (channel === '') return `${prefix}.c.=`;
  const token = channel.replace(UNSAFE, (character) => `=${character.charCodeAt(0).toString(16)};`);
  if (token.length <= MAX_TOKEN_BYTES && Buffer.byteLength(token) <= MAX_TOKEN_BYTES) {
    return `${prefix}.c.${token}`;
  }
  const hash = createHash('sha256').update(channel, 'utf16le').digest('base64url');
  return `${prefix}.h.${hash}`;
}
