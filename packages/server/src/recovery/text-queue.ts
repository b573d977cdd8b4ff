/** Smallest buffer, in bytes. */
const MIN_BYTES = 512;
/** Of all queues that hold nothing: most channels with a log in memory never do. */
const NOTHING = Buffer.alloc(0);

/**
 * Texts in a row, of which the oldest leaves first, as bytes outside of V8's heap. What stays for a while outlives two small
 * collections of garbage, each of which copies it, and in the end it needs a full one; these bytes need none. The buffer
 * is at most four times as large as what was in it when it was filled last.
 */
export class TextQueue {
  #bytes: Buffer = NOTHING;
  #start = 0;
  #end = 0;

  /** Adds the newest text. Returns how many bytes it takes. */
  push(text: string): number {
    const length = Buffer.byteLength(text);
    if (this.#end + length > this.#bytes.byteLength) this.#makeRoom(length);
    this.#end += this.#bytes.write(text, this.#end);
    return length;
  }

  /** The oldest text, which takes so many bytes, leaves. */
  shift(length: number): void {
    this.#start += length;
  }

  /** The text that takes so many bytes, behind so many bytes of older ones. */
  read(before: number, length: number): string {
    const start = this.#start + before;
    return this.#bytes.toString('utf8', start, start + length);
  }

  clear(): void {
    this.#bytes = NOTHING;
    this.#start = 0;
    this.#end = 0;
  }

  #makeRoom(length: number): void {
    const held = this.#end - this.#start;
    const needed = held + length;
    const { byteLength } = this.#bytes;
    // With as much room again, moving costs each byte one copy.
    const isFit = byteLength >= 2 * needed && byteLength <= 4 * needed;
    const bytes = isFit ? this.#bytes : Buffer.allocUnsafeSlow(Math.max(MIN_BYTES, 3 * needed));
    this.#bytes.copy(bytes, 0, this.#start, this.#end);
    this.#bytes = bytes;
    this.#start = 0;
    this.#end = held;
  }
}
