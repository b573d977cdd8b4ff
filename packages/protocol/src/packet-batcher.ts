/** Options of `PacketBatcher`. */
export interface PacketBatcherOptions<P> {
  /** Sends the packets of a batch, in order, as one array message; never called with none. */
  send: (packets: P[]) => void;
  /** How long continuous batching keeps a packet at most, in milliseconds; read at each use. */
  readonly intervalMs: number;
}

/**
 * Collects outgoing packets into batches (P7). Two reasons to buffer, which may overlap: an open batch
 * (`startBatch`, or `batchFor` a period) and continuous batching (`startBatching`). What is cancelled
 * is handed back, so that the owner can reject the calls among it.
 */
export class PacketBatcher<P = unknown> {
  /** Whether continuous batching is on: for its owner to read. */
  isBatching = false;
  readonly #options: PacketBatcherOptions<P>;
  #packets: P[] = [];
  #isBatchOpen = false;
  /** The next flush that nobody has to ask for. */
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: PacketBatcherOptions<P>) {
    this.#options = options;
  }

  /** Whether the next packet will be buffered. */
  get isBuffering(): boolean {
    return this.#isBatchOpen || this.isBatching;
  }

  /** Buffers the packet if a batch is open; false means that the owner has to send it itself. */
  push(packet: P): boolean {
    const { isBuffering } = this;
    if (isBuffering) {
      this.#packets.push(packet);
      this.#flushBeforeLong();
    }
    return isBuffering;
  }

  /** Buffers packets until `flushBatch` or `cancelBatch`. */
  startBatch(): void {
    this.#isBatchOpen = true;
  }

  /** Sends what is buffered as one array; buffering goes on only while batching is continuous. */
  flushBatch(): void {
    const packets = this.cancelBatch();
    if (packets.length > 0) {
      this.#options.send(packets);
    }
  }

  /** Drops what is buffered and hands it back; buffering goes on only while batching is continuous. */
  cancelBatch(): P[] {
    const packets = this.#packets;
    this.#packets = [];
    this.#isBatchOpen = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    return packets;
  }

  /** Buffers from now on and sends what has gathered every `intervalMs`. */
  startBatching(): void {
    this.isBatching = true;
    this.#flushBeforeLong();
  }

  /** Ends continuous batching and sends what is buffered. */
  stopBatching(): void {
    this.isBatching = false;
    this.flushBatch();
  }

  /** Ends continuous batching, drops what is buffered and hands it back. */
  cancelBatching(): P[] {
    this.isBatching = false;
    return this.cancelBatch();
  }

  /** Buffers for a period and then flushes; a flush or cancel before that ends the period. */
  batchFor(durationMs: number): void {
    this.startBatch();
    this.#flushAfter(durationMs);
  }

  /** The timer runs only while packets wait: an idle socket wakes nobody. */
  #flushBeforeLong(): void {
    if (this.isBatching && this.#packets.length > 0) {
      this.#flushAfter(this.#options.intervalMs);
    }
  }

  #flushAfter(delayMs: number): void {
    this.#timer ??= setTimeout(() => this.flushBatch(), delayMs);
  }
}
