import { BODY_START, type frameKinds, LENGTH_BYTES } from './frame-kinds.js';

type FrameKind = (typeof frameKinds)[keyof typeof frameKinds];

const FIRST_CAPACITY = 256;

/** Puts a frame together, field by field. `FieldReader` reads them in the same order. */
export class FrameWriter {
  #buffer = Buffer.allocUnsafe(FIRST_CAPACITY);
  #at = BODY_START;

  constructor(kind: FrameKind) {
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
    return this.uint32(value.byteLength).rest(value);
  }

  /** Bytes up to the end of the frame. */
  rest(value: Uint8Array): this {
    this.#reserve(value.byteLength);
    this.#buffer.set(value, this.#at);
    this.#at += value.byteLength;
    return this;
  }

  finish(): Buffer {
    this.#buffer.writeUInt32BE(this.#at - LENGTH_BYTES, 0);
    return this.#buffer.subarray(0, this.#at);
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(2 * this.#buffer.length, this.#at + bytes));
    this.#buffer.copy(larger, 0, 0, this.#at);
    this.#buffer = larger;
  }
}

/** What stands before the envelope of a `message`: the envelope itself need not be copied. */
export function messageHead(key: string, envelopeBytes: number): Buffer {
  const head = Buffer.allocUnsafe(BODY_START + 2 + key.length);
  head.writeUInt32BE(1 + 2 + key.length + envelopeBytes, 0);
  head[LENGTH_BYTES] = 2;
  head.writeUInt16BE(key.length, BODY_START);
  head.write(key, BODY_START + 2, 'latin1');
  return head;
}
