import { nextTurn } from '../turns/next-turn.js';

/** How much of a batch is handled in one turn of the event loop. */
interface TurnLimits {
  readonly maxBatchPacketsPerTurn: number;
  /** In ms. */
  readonly maxBatchTimePerTurn: number;
}

/** How often it is looked at the time, in packets. */
const PACKETS_PER_LOOK = 64;

/** The packets of one message, which are handled one after the other over as many turns of the event loop as they take. */
export class Batch {
  readonly message: string | Buffer;
  /** Each packet's share of the message, in bytes. */
  readonly packetSize: number;
  readonly #elements: readonly unknown[];
  readonly #limits: TurnLimits;
  #index = 0;
  /** Before which element this turn ends, and when, in monotonic ms. */
  #turnEnd = 0;
  #turnEndMs = 0;

  constructor(
    message: string | Buffer,
    elements: readonly unknown[],
    size: number,
    limits: TurnLimits,
  ) {
    this.message = message;
    this.packetSize = Math.ceil(size / (elements.length || 1));
    this.#elements = elements;
    this.#limits = limits;
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
    return this.#index % PACKETS_PER_LOOK === PACKETS_PER_LOOK - 1 && this.isLate;
  }

  /** Whether this turn has taken as long as it may. */
  get isLate(): boolean {
    return performance.now() > this.#turnEndMs;
  }

  async nextTurn(): Promise<void> {
    await nextTurn();
    this.#beginTurn();
  }

  #beginTurn(): void {
    this.#turnEnd = this.#index + this.#limits.maxBatchPacketsPerTurn;
    this.#turnEndMs = performance.now() + this.#limits.maxBatchTimePerTurn;
  }
}
