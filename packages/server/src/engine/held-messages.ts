/** What a message costs beside its bytes, so that empty ones are bounded, too. */
const OVERHEAD_BYTES = 64;

/** Messages of a connection that is not to be read from, in the order in which they came. */
export class HeldMessages {
  /** What they cost. */
  bytes = 0;
  #messages: (string | Buffer | undefined)[] = [];
  #head = 0;

  get count(): number {
    return this.#messages.length - this.#head;
  }

  add(message: string | Buffer): void {
    this.bytes += message.length + OVERHEAD_BYTES;
    this.#messages.push(message);
  }

  take(): string | Buffer | undefined {
    const message = this.#messages[this.#head];
    if (message === undefined) return undefined;
    this.#messages[this.#head++] = undefined;
    this.bytes -= message.length + OVERHEAD_BYTES;
    if (this.count === 0) this.clear();
    return message;
  }

  clear(): void {
    this.bytes = 0;
    this.#messages = [];
    this.#head = 0;
  }
}
