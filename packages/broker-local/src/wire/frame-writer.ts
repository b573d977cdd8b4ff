import { BODY_START, type frameKinds, LENGTH_BYTES } from './frame-kinds.js';

type FrameKind = (typeof frameKinds)[keyof typeof frameKinds];

const DEFAULT_CAPACITY = 64;

/** Puts a frame together, field by field. `FieldReader` reads them in the same order. */
export class FrameWriter {
  #buffer: Buffer;
  #at = BODY_START;

  /** `capacity`: bytes it will take, more or less. */
  constructor(kind: FrameKind, capacity = DEFAULT_CAPACITY) {
    this.#buffer = Buffer.allocUnsafe(Math.max(BODY_START, capacity));
    this.#buffer[LENGTH_BYTES] = kind;
  }

  uint8(value: number): this {
    this.#reserve(1);
    this.#buffer[this.#at++] = value;
    return this;
  }

  uint32(value: number): this {
    this.#reserve(4);
    this.#at = this.#buffer.writeUInt32BE(value, this.#at);
    return this;
  }

  /** Any number, `Infinity` included. */
  number(value: number): this {
    this.#reserve(8);
    this.#at = this.#buffer.writeDoubleBE(value, this.#at);
    return this;
  }

  /** A text with one character per byte, at most 65,535 of them. */
  key(value: string): this {
    this.#reserve(2 + value.length);
    this.#at = this.#buffer.writeUInt16BE(value.length, this.#at);
    this.#at += this.#buffer.write(value, this.#at, 'latin1');
    return this;
  }

  /** Bytes with their number before them. */
  bytes(value: Uint8Array): this {
    this.uint32(value.byteLength);
    this.#reserve(value.byteLength);
    this.#buffer.set(value, this.#at);
    this.#at += value.byteLength;
    return this;
  }

  /** The frame; `following`: bytes of it that need not be copied, and are sent behind this. */
  finish(following = 0): Buffer {
    this.#buffer.writeUInt32BE(this.#at - LENGTH_BYTES + following, 0);
    return this.#buffer.subarray(0, this.#at);
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(2 * this.#buffer.length, this.#at + bytes));
    this.#buffer.copy(larger, 0, 0, this.#at);
    this.#buffer = larger;
  }
}
