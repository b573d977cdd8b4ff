/** Masked, as RFC 6455 §5.1 asks of a client; constant, so that a frame is made once and sent often. */
const mask = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);

/** One masked frame; a text frame unless told otherwise. */
export function clientFrame(data: string | Buffer, opcode = 1): Buffer {
  const payload = Buffer.from(data);
  const header = Buffer.alloc(payload.length < 126 ? 2 : payload.length < 65_536 ? 4 : 10);
  header[0] = 0x80 | opcode;
  if (header.length === 2) {
    header[1] = 0x80 | payload.length;
  } else if (header.length === 4) {
    header[1] = 0x80 | 126;
    header.writeUInt16BE(payload.length, 2);
  } else {
    header[1] = 0x80 | 127;
    header.writeBigUInt64BE(BigInt(payload.length), 2);
  }
  for (let index = 0; index < payload.length; index += 1) payload[index]! ^= mask[index & 3]!;
  return Buffer.concat([header, mask, payload]);
}

/** One unmasked text frame, as a server sends it. */
export function serverFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  if (payload.length < 126) return Buffer.concat([Buffer.from([0x81, payload.length]), payload]);
  const header = Buffer.from([0x81, 126, 0, 0]);
  header.writeUInt16BE(payload.length, 2);
  return Buffer.concat([header, payload]);
}

/**
 * A ring of equally long frames, laid out so that any `count` consecutive ones are one slice:
 * sending costs neither a copy nor a new frame.
 */
export class FrameRing {
  readonly #bytes: Buffer;
  readonly #frameBytes: number;
  readonly #length: number;
  #at = 0;

  constructor(frames: Buffer[], maxCount: number) {
    this.#frameBytes = frames[0]!.length;
    if (frames.some((frame) => frame.length !== this.#frameBytes)) {
      throw new Error('The frames of a ring must be equally long.');
    }
    this.#length = frames.length;
    const copies = frames.length + maxCount;
    this.#bytes = Buffer.concat(
      Array.from({ length: copies }, (_, index) => frames[index % frames.length]!),
    );
  }

  /** The bytes of the next `count` frames. */
  take(count: number): Buffer {
    const start = this.#at * this.#frameBytes;
    this.#at = (this.#at + count) % this.#length;
    return this.#bytes.subarray(start, start + count * this.#frameBytes);
  }
}
