import type { Socket } from 'node:net';

/** So much is not kept back to the end of the turn. */
const FLUSH_BYTES = 64 * 1024;

/** What a write that waits takes beside its bytes, about. */
const WRITE_COST = 300;

/** What one end of a connection sends: the frames of a turn of the event loop leave as one write. */
export class Outbox {
  readonly #socket: Socket;
  readonly #onWritten: () => void;
  #frames: Uint8Array[] = [];
  #bytes = 0;
  /** Writes that the system has not taken. */
  #writes = 0;
  #turn: NodeJS.Immediate | undefined;

  /** `onWritten` is called when the system has taken something, and less may wait than before. */
  constructor(socket: Socket, onWritten: () => void = () => {}) {
    this.#socket = socket;
    this.#onWritten = onWritten;
    socket.on('drain', onWritten);
  }

  /** Bytes that the system has not taken yet, and the memory that they take beside. */
  get waitingBytes(): number {
    return this.#bytes + this.#socket.writableLength + this.#writes * WRITE_COST;
  }

  /** Adds the pieces of a frame. They must not change any more. */
  add(...pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) {
      this.#frames.push(piece);
      this.#bytes += piece.byteLength;
    }
    if (this.#bytes >= FLUSH_BYTES) this.flush();
    else this.#turn ??= setImmediate(this.flush);
  }

  readonly flush = (): void => {
    clearImmediate(this.#turn);
    this.#turn = undefined;
    const frames = this.#frames;
    if (frames.length === 0) return;
    const all = this.#join(frames);
    this.#frames = [];
    this.#bytes = 0;
    this.#writes++;
    if (this.#socket.write(all, this.#onTaken)) this.#onWritten();
  };

  readonly #onTaken = (): void => {
    this.#writes--;
  };

  #join(frames: readonly Uint8Array[]): Uint8Array {
    // Frames are pieces of what was read, often small ones of large buffers, which they keep alive. That is no harm
    // while the system takes them at once, but what has to wait is copied into memory of its own.
    if (this.#socket.writableLength === 0) {
      return frames.length === 1 ? frames[0]! : Buffer.concat(frames, this.#bytes);
    }
    const copy = Buffer.allocUnsafeSlow(this.#bytes);
    let at = 0;
    for (const frame of frames) {
      copy.set(frame, at);
      at += frame.byteLength;
    }
    return copy;
  }
}
