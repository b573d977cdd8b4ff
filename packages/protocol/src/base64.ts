import { decodeUtf8, encodeUtf8 } from './utf8.js';

/** What we use of Node's Buffer when the runtime has one: several times faster than btoa. */
interface BufferLike {
  from(
    input: ArrayBufferLike,
    byteOffset: number,
    length: number,
  ): { toString(encoding: 'base64'): string };
  from(text: string, encoding: 'base64'): Uint8Array;
}

/** Encodes bytes as standard base64 with padding (RFC 4648 §4). */
export function encodeBase64(bytes: Uint8Array): string {
  const buffer = nodeBuffer();
  if (buffer !== undefined) {
    return buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  }
  let binary = '';
  for (const byte of bytes) {
    binary += String.fromCharCode(byte);
  }
  return btoa(binary);
}

/** Decodes base64 or base64url, padded or not; `undefined` when the text is neither. Never throws. */
export function decodeBase64(text: string): Uint8Array | undefined {
  // It passes over what is no base64, so that fewer bytes than the text has mean a second, stricter look.
  const bytes = nodeBuffer()?.from(text, 'base64');
  if (bytes && text.length % 4 === 0 && bytes.length === byteLength(text)) {
    // A Buffer is a part of memory that it shares with others.
    return new Uint8Array(bytes);
  }
  try {
    return Uint8Array.from(binaryOf(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

/** Encodes the UTF-8 bytes of a text as `encodeBase64` does. */
export function encodeBase64Text(text: string): string {
  return btoa(encodeUtf8(text));
}

/** Decodes as `decodeBase64` does; `undefined` also for bytes that are no UTF-8. Never throws. */
export function decodeBase64Text(text: string): string | undefined {
  try {
    return decodeUtf8(binaryOf(text));
  } catch {
    return undefined;
  }
}

/** One character per byte. @throws for what is no base64; Node's Buffer does not check that */
function binaryOf(text: string): string {
  return atob(text.replaceAll('-', '+').replaceAll('_', '/'));
}

/** Of padded base64. */
function byteLength(text: string): number {
  const padding = text.endsWith('==') ? 2 : Number(text.endsWith('='));
  return (text.length / 4) * 3 - padding;
}

function nodeBuffer(): BufferLike | undefined {
  return (globalThis as unknown as { Buffer?: BufferLike }).Buffer;
}
