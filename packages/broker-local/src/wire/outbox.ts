import type { Socket } from 'node:net';

/** So much is not kept back to the end of the turn. */
const FLUSH_BYTES = 64 * 1024;

/** What one end of a connection sends: the frames of a turn of the event loop leave as one write. */
export class Outbox {
  readonly #socket: Socket;
  readonly #onWritten: () => void;
  #frames: Uint8Array[] = [];
  #bytes = 0;
  #turn: NodeJS.Immediate | undefined;

  /** `onWritten` is called when the system has taken something, and less may wait than before. */
  constructor(socket: Socket, onWritten: () => void = () => {}) {
    this.#socket = socket;
    this.#onWritten = onWritten;
    socket.on('drain', onWritten);
  }

  /** Bytes that the system has not taken yet. */
  get waitingBytes(): number {
    return this.#bytes + this.#socket.writableLength;
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
    const all = frames.length === 1 ? frames[0]! : Buffer.concat(frames, this.#bytes);
    this.#frames = [];
    this.#bytes = 0;
    if (this.#socket.write(all)) this.#onWritten();
  };
}
