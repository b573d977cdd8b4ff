import { constants, deflateRawSync, type ZlibOptions } from 'node:zlib';
import type { PreparedFrame } from './engine.js';
import { createFrame, createFrameOf, type FrameList, joinFrames, payloadOf } from './frame.js';

/** RSV1: the payload is compressed (RFC 7692 §6). */
const COMPRESSED = 0x40;

/** What an empty block leaves at the end of a flushed stream, and the receiver puts back (RFC 7692 §7.2.1). */
const TRAILER_BYTES = 4;

/** Below this size compression costs more than it saves; the default of `ws`. */
const DEFAULT_THRESHOLD_BYTES = 1_024;

/** The part of `perMessageDeflate` that concerns sending. */
export interface DeflateOptions {
  threshold?: number;
  zlibDeflateOptions?: ZlibOptions;
}

/**
 * Frames messages for connections that may or may not have negotiated compression. A message is
 * compressed when its first recipient of that kind gets it, and the result serves all the others:
 * each message is compressed by itself (no context takeover), so it does not depend on what a
 * connection was sent before. Clients that keep a context can read it just as well (RFC 7692 §7.1.1.1).
 */
export class FrameDeflater {
  readonly thresholdBytes: number;
  readonly #options: ZlibOptions;

  constructor(options: DeflateOptions) {
    this.thresholdBytes = options.threshold ?? DEFAULT_THRESHOLD_BYTES;
    this.#options = { ...options.zlibDeflateOptions, finishFlush: constants.Z_SYNC_FLUSH };
  }

  prepare(message: string | Uint8Array): PreparedFrame {
    const frame = createFrame(message);
    // What is never compressed needs no wrapping.
    if (payloadOf(frame).length < this.thresholdBytes) return frame;
    return new DeflatedFrame(frame, this);
  }

  join(frames: readonly PreparedFrame[]): PreparedFrame {
    if (!frames.some((frame) => frame instanceof DeflatedFrame)) {
      return joinFrames(frames as (Buffer | FrameList)[]);
    }
    return new DeflatedFrame(frames, this);
  }

  /** The frame compressed for a window of that many bits; itself when that does not make it smaller. */
  deflate(frame: Buffer, windowBits: number): Buffer {
    const payload = payloadOf(frame);
    const stream = deflateRawSync(payload, { ...this.#options, windowBits });
    const bytes = stream.length - TRAILER_BYTES;
    if (bytes >= payload.length) return frame;
    return createFrameOf(frame[0]! | COMPRESSED, stream.subarray(0, bytes));
  }
}

type Bytes = Buffer | FrameList;

/** A frame, or several joined, with its compressed forms by window size; 0 is the plain one. */
export class DeflatedFrame implements PreparedFrame {
  readonly byteLength: number;
  readonly #deflater: FrameDeflater;
  readonly #parts: Buffer | readonly PreparedFrame[];
  readonly #forms = new Map<number, Bytes>();

  constructor(parts: Buffer | readonly PreparedFrame[], deflater: FrameDeflater) {
    this.#parts = parts;
    this.#deflater = deflater;
    this.byteLength = Buffer.isBuffer(parts)
      ? parts.length
      : parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  /** What to write to a connection with that window, made once. */
  bytesFor(windowBits: number): Bytes {
    let bytes = this.#forms.get(windowBits);
    if (bytes === undefined) {
      bytes = this.#make(windowBits);
      this.#forms.set(windowBits, bytes);
    }
    return bytes;
  }

  #make(windowBits: number): Bytes {
    const parts = this.#parts;
    if (Buffer.isBuffer(parts)) {
      return windowBits === 0 ? parts : this.#deflater.deflate(parts, windowBits);
    }
    return joinFrames(
      parts.map((part) =>
        part instanceof DeflatedFrame ? part.bytesFor(windowBits) : (part as Bytes),
      ),
    );
  }
}

const WINDOW_BITS = 15;
/** zlib makes no raw streams for a window of 8 bits. */
const MIN_WINDOW_BITS = 9;

/**
 * The window for compressing what a client gets, by the extension header of the answer to its upgrade:
 * 0 when there is none, or none that can be served.
 */
export function windowBitsOf(headers: readonly string[]): number {
  const answer = headers.find((header) => /^sec-websocket-extensions:/i.test(header));
  if (answer === undefined || !answer.includes('permessage-deflate')) return 0;
  const bits = Number(/server_max_window_bits="?(\d+)/.exec(answer)?.[1] ?? WINDOW_BITS);
  return bits < MIN_WINDOW_BITS ? 0 : bits;
}
