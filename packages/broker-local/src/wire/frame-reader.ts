import { FrameError } from './frame-error.js';
import { BODY_START, LENGTH_BYTES, MAX_FRAME_BYTES } from './frame-kinds.js';

/** Cuts what a connection brings into frames. */
export class FrameReader {
  readonly #onFrame: (frame: Buffer) => void;
  /** What has come and belongs to no complete frame yet; all of it while reading is paused. */
  #chunks: Buffer[] = [];
  #bytes = 0;
  /** With fewer bytes than this there is no frame to be had. */
  #needed = BODY_START;
  #isPaused = false;

  /** `onFrame` gets each frame whole, its length included, and may pause. */
  constructor(onFrame: (frame: Buffer) => void) {
    this.#onFrame = onFrame;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Takes what came. Throws `FrameError` for what can be no frame, and what `onFrame` throws. */
  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    this.#read();
  }

  /** No frame is handed out until `resume()`; what comes meanwhile is kept. */
  pause(): void {
    this.#isPaused = true;
  }

  /** Hands out what was kept; throws like `push()`. */
  resume(): void {
    this.#isPaused = false;
    this.#read();
  }

  #read(): void {
    if (this.#isPaused || this.#bytes < this.#needed) return;
    const buffer = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
    let at = 0;
    this.#needed = BODY_START;
    while (!this.#isPaused && buffer.length - at >= BODY_START) {
      const length = LENGTH_BYTES + buffer.readUInt32BE(at);
      if (length < BODY_START || length > MAX_FRAME_BYTES) {
        throw new FrameError(`a frame of ${length} bytes; they have 5 to ${MAX_FRAME_BYTES}`);
      }
      if (buffer.length - at < length) {
        this.#needed = length;
        break;
      }
      at += length;
      this.#onFrame(buffer.subarray(at - length, at));
    }
    this.#chunks = at < buffer.length ? [buffer.subarray(at)] : [];
    this.#bytes = buffer.length - at;
  }
}
