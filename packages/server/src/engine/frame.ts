/** Opcodes of RFC 6455 §5.2 with FIN set: every message is one unfragmented, unmasked frame. */
const FIN_TEXT = 0x81;
const FIN_BINARY = 0x82;

/** Above this size frames are written one by one under a cork instead of being copied together. */
const MAX_COPY_BYTES = 131_072;

/** Several frames too large to be worth copying into one buffer. */
export class FrameList {
  readonly byteLength: number;
  readonly parts: readonly Buffer[];

  constructor(parts: readonly Buffer[], byteLength: number) {
    this.parts = parts;
    this.byteLength = byteLength;
  }
}

/** Header and payload of one server frame in one buffer (RFC 6455 §5.2, unmasked per §5.1). */
export function createFrame(message: string | Uint8Array): Buffer {
  if (typeof message !== 'string') return createFrameOf(FIN_BINARY, message);
  const length = Buffer.byteLength(message);
  const offset = headerLength(length);
  const frame = Buffer.allocUnsafe(offset + length);
  writeHeader(frame, FIN_TEXT, length);
  frame.write(message, offset, length, 'utf8');
  return frame;
}

/** A frame with that first byte: FIN, reserved bits and opcode. */
export function createFrameOf(firstByte: number, payload: Uint8Array): Buffer {
  const offset = headerLength(payload.byteLength);
  const frame = Buffer.allocUnsafe(offset + payload.byteLength);
  writeHeader(frame, firstByte, payload.byteLength);
  frame.set(payload, offset);
  return frame;
}

/** The payload of a frame made here. */
export function payloadOf(frame: Buffer): Buffer {
  const length = frame[1]!;
  return frame.subarray(length < 126 ? 2 : length === 126 ? 4 : 10);
}

/** A control frame; its payload may have 125 bytes (RFC 6455 §5.5). */
export function createControlFrame(opcode: number, payload: Uint8Array): Buffer {
  return createFrameOf(0x80 | opcode, payload);
}

/** The frames as one unit: copied together when small, listed when large. */
export function joinFrames(frames: readonly (Buffer | FrameList)[]): Buffer | FrameList {
  let byteLength = 0;
  let flat = true;
  for (const frame of frames) {
    byteLength += frame.byteLength;
    if (frame instanceof FrameList) flat = false;
  }
  if (flat && byteLength <= MAX_COPY_BYTES) {
    return Buffer.concat(frames as readonly Buffer[], byteLength);
  }
  const parts = frames.flatMap((frame) => (frame instanceof FrameList ? frame.parts : [frame]));
  return new FrameList(parts, byteLength);
}

function headerLength(length: number): number {
  if (length < 126) return 2;
  return length < 65_536 ? 4 : 10;
}

function writeHeader(frame: Buffer, firstByte: number, length: number): void {
  frame[0] = firstByte;
  if (length < 126) {
    frame[1] = length;
  } else if (length < 65_536) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeUIntBE(0, 2, 2);
    frame.writeUIntBE(length, 4, 6);
  }
}
