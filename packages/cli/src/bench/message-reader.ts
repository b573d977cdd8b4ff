import type { Dialect, Heard } from './dialects.js';

/**
 * Reads messages for all clients of a process. Subscribers of a channel get the same text one after the other, so that
 * the one before is remembered: parsing it again for each would make the load, and not the server, the bottleneck.
 */
export class MessageReader {
  readonly #dialect: Dialect;
  #text: string | undefined;
  #heard: readonly Heard[] = [];

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  /** What is in a message. What is not of this protocol is nothing; what should have come instead is missed and counted. */
  read(text: string): readonly Heard[] {
    if (text === this.#text) return this.#heard;
    try {
      this.#heard = this.#dialect.read(text);
    } catch {
      this.#heard = [];
    }
    this.#text = text;
    return this.#heard;
  }
}
