import type { Msg } from '@nats-io/nats-core';

/** Headers of a message by name; '' for those that are not there. */
export interface HeaderReader {
  get(name: string): string;
}

const BEGIN = 'NATS/1.0\r\n';
const END = '\r\n\r\n';
/** Longest headers that are looked for, in bytes. Those of a republished message are shorter, subject included. */
const MAX_BYTES = 1_024;

/** Headers in their own text. */
class RawHeaders implements HeaderReader {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  get(name: string): string {
    const line = `\n${name}: `;
    const at = this.#text.indexOf(line);
    if (at === -1) return '';
    const start = at + line.length;
    return this.#text.slice(start, this.#text.indexOf('\r', start));
  }
}

/**
 * The headers of a message as they came, which is right before its data. The client makes lists of all headers, and
 * checks every character of their names, which takes longer than everything else about a live entry.
 */
export function readHeaders(message: Msg): HeaderReader {
  const { buffer, byteOffset } = message.data;
  const from = Math.max(0, byteOffset - MAX_BYTES);
  const before = Buffer.from(buffer, from, byteOffset - from);
  const at = before.lastIndexOf(BEGIN, undefined, 'latin1');
  const text = at === -1 ? '' : before.toString('latin1', at);
  if (text.endsWith(END)) return new RawHeaders(text);
  // A later client may keep them elsewhere, and some headers are longer.
  return { get: (name) => message.headers?.get(name) ?? '' };
}
