import { nextTurn } from '../turns/next-turn.js';
import { cpuNow, type SharedTime } from '../turns/shared-time.js';

/** How much of batches is handled in one turn of the event loop. */
interface BatchServer {
  readonly options: {
    readonly maxBatchPacketsPerTurn: number;
    /** In ms. */
    readonly maxBatchTimePerTurn: number;
  };
  readonly sharedTime: SharedTime;
}

/** How often the time is checked, in packets. Every batch has as many in a turn, however late it is. */
const PACKETS_PER_LOOK = 64;

/** The packets of one message, which are handled one after the other over as many turns of the event loop as they take. */
export class Batch {
  readonly message: string | Buffer;
  /** Each packet's share of the message, in bytes. */
  readonly packetSize: number;
  readonly #elements: readonly unknown[];
  readonly #server: BatchServer;
  #index = 0;
  /** With which element this turn began, before which it ends, and when, in ms of CPU time. */
  #turnStart = 0;
  #turnEnd = 0;
  #turnEndMs = 0;

  constructor(
    message: string | Buffer,
    elements: readonly unknown[],
    size: number,
    server: BatchServer,
  ) {
    this.message = message;
    this.packetSize = Math.ceil(size / (elements.length || 1));
    this.#elements = elements;
    this.#server = server;
    this.#beginTurn();
  }

  get isDone(): boolean {
    return this.#index >= this.#elements.length;
  }

  /** What has not been taken. */
  get rest(): readonly unknown[] {
    return this.#elements.slice(this.#index);
  }

  take(): unknown {
    return this.#elements[this.#index++];
  }

  /** Whether the others have their turn before the next packet. That a packet was awaited does not mean that they had it. */
  get isTurnOver(): boolean {
    if (this.#index >= this.#turnEnd) return true;
    const taken = this.#index - this.#turnStart;
    return taken > 0 && taken % PACKETS_PER_LOOK === 0 && this.#isLate;
  }

  /** Whether a packet of this turn that was awaited has taken as long as the turn may. */
  get hasWaitedLong(): boolean {
    return this.#index > this.#turnStart && this.#isLate;
  }

  get #isLate(): boolean {
    return cpuNow() > this.#turnEndMs;
  }

  async nextTurn(): Promise<void> {
    await nextTurn();
    this.#beginTurn();
  }

  #beginTurn(): void {
    const { options, sharedTime } = this.#server;
    this.#turnStart = this.#index;
    this.#turnEnd = this.#index + options.maxBatchPacketsPerTurn;
    this.#turnEndMs = sharedTime.endMs(options.maxBatchTimePerTurn);
  }
}
