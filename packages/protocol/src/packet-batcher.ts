/** Options of `PacketBatcher`. */
export interface PacketBatcherOptions<P> {
  /** Sends the packets of a batch, in order, as one array message; never called with none. */
  send: (packets: P[]) => void;
  /** How long continuous batching keeps a packet at most, in milliseconds (default 50). */
  intervalMs?: number;
}

const DEFAULT_INTERVAL_MS = 50;

/**
 * Collects outgoing packets into batches (P7). Three reasons to buffer, which may overlap: a batch
 * that the user opened (`startBatch`), continuous batching (`startBatching`), and a period of time
 * (`batchFor`, after a handshake). What is cancelled is handed back, so that the owner can reject the
 * calls among it.
 */
export class PacketBatcher<P = unknown> {
  /** How long continuous batching keeps a packet at most, in milliseconds. */
  intervalMs: number;
  readonly #send: (packets: P[]) => void;
  #packets: P[] = [];
  #isBatchOpen = false;
  #isBatching = false;
  #isPaused = false;
  #intervalTimer: ReturnType<typeof setTimeout> | undefined;
  #periodTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: PacketBatcherOptions<P>) {
    this.#send = options.send;
    this.intervalMs = options.intervalMs ?? DEFAULT_INTERVAL_MS;
  }

  /** Whether the next packet will be buffered. */
  get isBuffering(): boolean {
    return this.#isBatchOpen || this.#periodTimer !== undefined || this.#isContinuous();
  }

  /** Whether continuous batching is on; it stays on over `pause`. */
  get isBatching(): boolean {
    return this.#isBatching;
  }

  /** Packets buffered. */
  get size(): number {
    return this.#packets.length;
  }

  /** Buffers the packet if a batch is open; false means that the owner has to send it itself. */
  push(packet: P): boolean {
    if (!this.isBuffering) {
      return false;
    }
    this.#packets.push(packet);
    this.#schedule();
    return true;
  }

  /** Buffers packets until `flushBatch` or `cancelBatch`. */
  startBatch(): void {
    this.#isBatchOpen = true;
  }

  /** Sends what is buffered as one array; buffering goes on only while batching is continuous. */
  flushBatch(): void {
    this.#closeBatch();
    this.#sendAll();
  }

  /** Drops what is buffered and hands it back; buffering goes on only while batching is continuous. */
  cancelBatch(): P[] {
    this.#closeBatch();
    return this.#takeAll();
  }

  /** Buffers from now on and sends what has gathered every `intervalMs`. */
  startBatching(): void {
    this.#isBatching = true;
    this.#schedule();
  }

  /** Ends continuous batching and sends what is buffered. */
  stopBatching(): void {
    this.#isBatching = false;
    this.flushBatch();
  }

  /** Ends continuous batching, drops what is buffered and hands it back. */
  cancelBatching(): P[] {
    this.#isBatching = false;
    return this.cancelBatch();
  }

  /** Buffers for a period and then flushes; a flush or cancel before that ends the period. */
  batchFor(durationMs: number): void {
    clearTimeout(this.#periodTimer);
    this.#periodTimer = setTimeout(() => this.flushBatch(), durationMs);
  }

  /** The connection is gone: stops all timers and hands the buffered packets back. */
  pause(): P[] {
    this.#isPaused = true;
    return this.cancelBatch();
  }

  /** A connection is there again: continuous batching goes on if it was on. */
  resume(): void {
    this.#isPaused = false;
    this.#schedule();
  }

  #isContinuous(): boolean {
    return this.#isBatching && !this.#isPaused;
  }

  /** The timer runs only while packets wait: an idle socket wakes nobody. */
  #schedule(): void {
    if (this.#isContinuous() && this.#packets.length > 0) {
      this.#intervalTimer ??= setTimeout(() => this.#sendAll(), this.intervalMs);
    }
  }

  #closeBatch(): void {
    this.#isBatchOpen = false;
    clearTimeout(this.#periodTimer);
    this.#periodTimer = undefined;
  }

  #takeAll(): P[] {
    clearTimeout(this.#intervalTimer);
    this.#intervalTimer = undefined;
    const packets = this.#packets;
    this.#packets = [];
    return packets;
  }

  #sendAll(): void {
    const packets = this.#takeAll();
    if (packets.length > 0) {
      this.#send(packets);
    }
  }
}
