import { FrameError } from './frame-error.js';
import { BODY_START } from './frame-kinds.js';

/** Reads the fields of a frame's body, in the order in which a `FrameWriter` wrote them. Throws `FrameError` at its end. */
export class FieldReader {
  readonly #frame: Buffer;
  #at = BODY_START;

  constructor(frame: Buffer) {
    this.#frame = frame;
  }

  get hasMore(): boolean {
    return this.#at < this.#frame.length;
  }

  uint8(): number {
    return this.#frame[this.#take(1)]!;
  }

  uint32(): number {
    return this.#frame.readUInt32BE(this.#take(4));
  }

  number(): number {
    return this.#frame.readDoubleBE(this.#take(8));
  }

  key(): string {
    const length = this.#frame.readUInt16BE(this.#take(2));
    const from = this.#take(length);
    return this.#frame.toString('latin1', from, from + length);
  }

  /** A piece of the frame, not a copy. */
  bytes(): Buffer {
    const length = this.uint32();
    const from = this.#take(length);
    return this.#frame.subarray(from, from + length);
  }

  rest(): Buffer {
    return this.#frame.subarray(this.#take(this.#frame.length - this.#at));
  }

  #take(bytes: number): number {
    const from = this.#at;
    if (from + bytes > this.#frame.length) {
      throw new FrameError(`a frame of kind ${this.#frame[BODY_START - 1]} that ends too early`);
    }
    this.#at += bytes;
    return from;
  }
}
