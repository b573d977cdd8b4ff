import { isUtf8 } from 'node:buffer';
import { AsyngularError, closeCodes } from '@asyngular/protocol';

const CONTINUATION = 0x0;
const TEXT = 0x1;
const BINARY = 0x2;
const CLOSE = 0x8;
const PING = 0x9;
const PONG = 0xa;

/** First byte of a text message in one frame: FIN set, nothing reserved. */
const WHOLE_TEXT = 0x81;

/** Chunks of an incomplete frame that are joined, so that a peer cannot make much of few bytes. */
const CHUNKS_PER_BLOCK = 128;

/** What a reader hands over, in wire order. Nothing follows a close frame or a violation. */
export interface FrameSink {
  onText(text: string): void;
  onBinary(data: Buffer): void;
  onPing(data: Buffer): void;
  onPong(data: Buffer): void;
  /** 1005 when the frame has no code. */
  onCloseFrame(code: number, reason: string): void;
  /** The peer broke RFC 6455 or a limit; `error.closeCode` is what it should be told. */
  onViolation(error: FrameError): void;
}

/** Limits of a reader, in bytes and pieces; 0 is no limit. Shared by the readers of an engine. */
export interface FrameLimits {
  readonly maxPayload: number;
  readonly maxFragments: number;
  readonly maxBufferedChunks: number;
  readonly skipUTF8Validation: boolean;
}

/** A frame that ends its connection. `code` has the names that `ws` uses. */
export class FrameError extends AsyngularError {
  override name = 'FrameError';
  readonly closeCode: number;
  readonly code: string;

  constructor(message: string, closeCode: number, code: string) {
    super(message);
    this.closeCode = closeCode;
    this.code = code;
  }
}

/**
 * Reads the frames of one client (RFC 6455 §5: masked, no extensions) from chunks of any size. A
 * message that lies whole in its chunk, as nearly all do, costs one pass and one string: no stream
 * and no intermediate buffer. Payloads are unmasked in place.
 */
export class FrameReader {
  readonly #sink: FrameSink;
  readonly #limits: FrameLimits;
  /** The frame at hand is incomplete: its bytes so far, and how many make it worth another look. */
  #chunks: Buffer[] | undefined;
  /** Chunks received for it, and bytes in them. */
  #chunkCount = 0;
  #bufferedBytes = 0;
  #neededBytes = 0;
  /** Payloads of the fragmented message at hand. */
  #fragments: Buffer[] | undefined;
  #fragmentBytes = 0;
  #fragmentOpcode = 0;
  #stopped = false;

  constructor(sink: FrameSink, limits: FrameLimits) {
    this.#sink = sink;
    this.#limits = limits;
  }

  get isStopped(): boolean {
    return this.#stopped;
  }

  read(chunk: Buffer): void {
    if (this.#stopped) return;
    let bytes = chunk;
    if (this.#chunks !== undefined) {
      this.#chunks.push(chunk);
      this.#bufferedBytes += chunk.length;
      if (this.#bufferedBytes < this.#neededBytes) {
        this.#collect(this.#chunks);
        return;
      }
      bytes = Buffer.concat(this.#chunks, this.#bufferedBytes);
      this.#chunks = undefined;
    }
    let offset = 0;
    while (offset < bytes.length && !this.#stopped) {
      const next = this.#readFrame(bytes, offset);
      if (next < 0) {
        this.#keep(bytes, offset, -next);
        return;
      }
      offset = next;
    }
  }

  /** Handles the frame at `offset` and returns where it ends, or minus the bytes it needs at least. */
  #readFrame(bytes: Buffer, offset: number): number {
    const available = bytes.length - offset;
    if (available < 2) return -2;
    const first = bytes[offset]!;
    const second = bytes[offset + 1]!;
    let length = second & 0x7f;
    let maskAt = offset + 2;
    if (length === 126) {
      if (available < 4) return -4;
      length = bytes.readUInt16BE(maskAt);
      maskAt += 2;
    } else if (length === 127) {
      if (available < 10) return -10;
      // Beyond 2^53 the sum is inexact, but far above any limit all the same.
      length = bytes.readUInt32BE(maskAt) * 2 ** 32 + bytes.readUInt32BE(maskAt + 4);
      maskAt += 8;
    }
    const start = maskAt + 4;
    if (
      first !== WHOLE_TEXT ||
      second < 0x80 ||
      this.#fragments !== undefined ||
      this.#isTooLong(length)
    ) {
      const violation = this.#judge(first, second, length);
      if (violation !== undefined) return this.#fail(violation, bytes.length);
    }
    const end = start + length;
    if (end > bytes.length) return offset - end;
    const seenBits = unmask(bytes, maskAt, start, end);
    if (first === WHOLE_TEXT) this.#text(bytes, start, end, seenBits);
    else this.#frame(first, bytes.subarray(start, end));
    return end;
  }

  #isTooLong(length: number): boolean {
    const { maxPayload } = this.#limits;
    return maxPayload > 0 && this.#fragmentBytes + length > maxPayload;
  }

  /** The rules a frame header can break. Source: RFC 6455 §5.1, §5.2, §5.4, §5.5. */
  #judge(first: number, second: number, length: number): FrameError | undefined {
    const opcode = first & 0x0f;
    const isFinal = first >= 0x80;
    if ((first & 0x30) !== 0) return broken('RSV2 and RSV3 must be clear', 'UNEXPECTED_RSV_2_3');
    if ((first & 0x40) !== 0) return broken('RSV1 must be clear', 'UNEXPECTED_RSV_1');
    if (second < 0x80) return broken('MASK must be set', 'EXPECTED_MASK');
    switch (opcode) {
      case CONTINUATION:
        if (this.#fragments === undefined) return invalidOpcode(opcode);
        break;
      case TEXT:
      case BINARY:
        if (this.#fragments !== undefined) return invalidOpcode(opcode);
        break;
      case CLOSE:
      case PING:
      case PONG:
        if (!isFinal) return broken('FIN must be set', 'EXPECTED_FIN');
        if (length > 125 || (opcode === CLOSE && length === 1)) {
          const what = `invalid payload length ${second & 0x7f}`;
          return broken(what, 'INVALID_CONTROL_PAYLOAD_LENGTH');
        }
        return undefined;
      default:
        return invalidOpcode(opcode);
    }
    if (this.#isTooLong(length)) {
      const code = 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH';
      return new FrameError(
        `A message exceeds the ${this.#limits.maxPayload} bytes of the option maxPayload`,
        closeCodes.messageTooBig,
        code,
      );
    }
    const { maxFragments } = this.#limits;
    if (maxFragments > 0 && (this.#fragments?.length ?? 0) >= maxFragments) {
      return tooManyParts(`Message has more than ${maxFragments} fragments`);
    }
    return undefined;
  }

  #text(bytes: Buffer, start: number, end: number, seenBits: number): void {
    // Most messages are ASCII: nothing to validate, and the shortest way to a string.
    if (seenBits < 0x80) {
      this.#sink.onText(start === end ? '' : bytes.toString('latin1', start, end));
      return;
    }
    if (!this.#limits.skipUTF8Validation && !isUtf8(bytes.subarray(start, end))) {
      this.#fail(invalidUtf8(), 0);
      return;
    }
    this.#sink.onText(bytes.toString('utf8', start, end));
  }

  /** Every frame other than a whole text message. */
  #frame(first: number, payload: Buffer): void {
    const opcode = first & 0x0f;
    switch (opcode) {
      case CLOSE:
        this.#closeFrame(payload);
        return;
      case PING:
        this.#sink.onPing(payload);
        return;
      case PONG:
        this.#sink.onPong(payload);
        return;
    }
    if (first === (0x80 | BINARY)) {
      this.#sink.onBinary(payload);
      return;
    }
    if (this.#fragments === undefined) {
      this.#fragments = [];
      this.#fragmentOpcode = opcode;
    }
    // A copy: a fragment may wait for long, and would keep the whole chunk alive.
    this.#fragments.push(Buffer.from(payload));
    this.#fragmentBytes += payload.length;
    if (first < 0x80) return;
    const message = Buffer.concat(this.#fragments, this.#fragmentBytes);
    this.#fragments = undefined;
    this.#fragmentBytes = 0;
    if (this.#fragmentOpcode === BINARY) this.#sink.onBinary(message);
    else this.#text(message, 0, message.length, 0xff);
  }

  #closeFrame(payload: Buffer): void {
    if (payload.length === 0) {
      this.#stop();
      this.#sink.onCloseFrame(closeCodes.noStatus, '');
      return;
    }
    const code = payload.readUInt16BE(0);
    if (!isReceivableCode(code)) {
      this.#fail(broken(`invalid status code ${code}`, 'INVALID_CLOSE_CODE'), 0);
      return;
    }
    const reason = payload.subarray(2);
    if (!this.#limits.skipUTF8Validation && !isUtf8(reason)) {
      this.#fail(invalidUtf8(), 0);
      return;
    }
    this.#stop();
    this.#sink.onCloseFrame(code, reason.toString('utf8'));
  }

  #keep(bytes: Buffer, offset: number, neededBytes: number): void {
    const rest = bytes.subarray(offset);
    this.#chunks = [rest];
    this.#chunkCount = 1;
    this.#bufferedBytes = rest.length;
    this.#neededBytes = neededBytes;
  }

  /** Another chunk has come, and more are needed. Each costs hundreds of bytes beside its own. */
  #collect(chunks: Buffer[]): void {
    const { maxBufferedChunks } = this.#limits;
    if (++this.#chunkCount > maxBufferedChunks && maxBufferedChunks > 0) {
      this.#fail(tooManyParts('Message came in too many pieces'), 0);
    } else if (this.#chunkCount % CHUNKS_PER_BLOCK === 0) {
      chunks.push(Buffer.concat(chunks.splice(1 - CHUNKS_PER_BLOCK)));
    }
  }

  #stop(): void {
    this.#stopped = true;
    this.#chunks = undefined;
    this.#fragments = undefined;
  }

  #fail(error: FrameError, end: number): number {
    this.#stop();
    this.#sink.onViolation(error);
    return end;
  }
}

/** Unmasks in place (RFC 6455 §5.3) and returns all bits that occurred: below 0x80 it is ASCII. */
function unmask(bytes: Buffer, maskAt: number, start: number, end: number): number {
  const mask0 = bytes[maskAt]!;
  const mask1 = bytes[maskAt + 1]!;
  const mask2 = bytes[maskAt + 2]!;
  const mask3 = bytes[maskAt + 3]!;
  let seenBits = 0;
  let index = start;
  for (const last = end - 3; index < last; index += 4) {
    const byte0 = bytes[index]! ^ mask0;
    const byte1 = bytes[index + 1]! ^ mask1;
    const byte2 = bytes[index + 2]! ^ mask2;
    const byte3 = bytes[index + 3]! ^ mask3;
    bytes[index] = byte0;
    bytes[index + 1] = byte1;
    bytes[index + 2] = byte2;
    bytes[index + 3] = byte3;
    seenBits |= byte0 | byte1 | byte2 | byte3;
  }
  for (; index < end; index++) {
    const byte = bytes[index]! ^ bytes[maskAt + ((index - start) & 3)]!;
    bytes[index] = byte;
    seenBits |= byte;
  }
  return seenBits;
}

/** Codes that may travel in a close frame. Source: RFC 6455 §7.4. */
function isReceivableCode(code: number): boolean {
  if (code >= 3000) return code <= 4999;
  return code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006;
}

function broken(what: string, code: string): FrameError {
  return new FrameError(
    `Invalid WebSocket frame: ${what}`,
    closeCodes.protocolError,
    `WS_ERR_${code}`,
  );
}

function invalidOpcode(opcode: number): FrameError {
  return broken(`invalid opcode ${opcode}`, 'INVALID_OPCODE');
}

function invalidUtf8(): FrameError {
  const message = 'Invalid WebSocket frame: invalid UTF-8 sequence';
  return new FrameError(message, closeCodes.invalidPayload, 'WS_ERR_INVALID_UTF8');
}

function tooManyParts(message: string): FrameError {
  return new FrameError(message, closeCodes.policyViolation, 'WS_ERR_TOO_MANY_BUFFERED_PARTS');
}
