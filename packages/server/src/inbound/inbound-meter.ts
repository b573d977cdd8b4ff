import type { BacklogMeter } from '@asyngular/streams';

/** Told when reading should stop and when it may go on. */
export interface MeterOwner {
  pauseReading(): void;
  resumeReading(): void;
}

/**
 * Counts what a socket has received and nobody has consumed yet, over all its streams and queues.
 * At either high-water mark reading pauses, so that TCP pushes back on the sender; at half of both it
 * resumes. Nothing accepted is dropped. Source: docs/security.md.
 */
export class InboundMeter implements BacklogMeter {
  messages = 0;
  bytes = 0;
  #paused = false;
  readonly #maxMessages: number;
  readonly #maxBytes: number;
  readonly #owner: MeterOwner;

  constructor(maxMessages: number, maxBytes: number, owner: MeterOwner) {
    this.#maxMessages = maxMessages;
    this.#maxBytes = maxBytes;
    this.#owner = owner;
  }

  add(size: number): void {
    this.messages++;
    this.bytes += size;
    if (this.#paused || (this.messages < this.#maxMessages && this.bytes < this.#maxBytes)) return;
    this.#paused = true;
    this.#owner.pauseReading();
  }

  remove(size: number): void {
    this.messages--;
    this.bytes -= size;
    if (!this.#paused) return;
    if (this.messages > this.#maxMessages / 2 || this.bytes > this.#maxBytes / 2) return;
    this.#paused = false;
    this.#owner.resumeReading();
  }
}
