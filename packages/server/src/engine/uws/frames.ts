import type { PreparedFrame } from '../engine.js';

/** One message, encoded once; uWebSockets.js writes the header for each recipient. */
export class UwsFrame implements PreparedFrame {
  readonly payload: Uint8Array;
  readonly isBinary: boolean;
  readonly byteLength: number;

  constructor(message: string | Uint8Array) {
    this.isBinary = typeof message !== 'string';
    this.payload = typeof message === 'string' ? Buffer.from(message) : message;
    this.byteLength = headerLength(this.payload.byteLength) + this.payload.byteLength;
  }
}

/** Several messages that leave in one write. */
export class UwsFrames implements PreparedFrame {
  readonly parts: readonly UwsFrame[];
  readonly byteLength: number;

  constructor(frames: readonly (UwsFrame | UwsFrames)[]) {
    this.parts = frames.flatMap((frame) => (frame instanceof UwsFrames ? frame.parts : [frame]));
    this.byteLength = frames.reduce((sum, frame) => sum + frame.byteLength, 0);
  }
}

/** Bytes of a frame header without mask (RFC 6455 §5.2). */
export function headerLength(payloadLength: number): number {
  if (payloadLength < 126) return 2;
  return payloadLength < 65_536 ? 4 : 10;
}
