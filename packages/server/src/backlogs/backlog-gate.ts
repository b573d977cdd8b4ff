import type { BacklogMeter, MeteredConsumer } from '@asyngular/streams';
import { deadlines } from '../turns/deadlines.js';
import type { BacklogAccount } from './backlog-account.js';

/** When a loop counts as lagging, and what follows. */
export interface GateOptions {
  readonly account: BacklogAccount;
  /** What warnings call a loop over one of the streams, in front of the stream's name. */
  readonly kind: string;
  readonly maxMessages: number;
  readonly maxBytes: number;
  /**
   * A loop that reads nothing for so long, in ms, holds nobody up any more: it was probably forgotten. It
   * is left to the account. `Infinity`: it holds up for as long as it takes.
   */
  readonly patienceMs: number;
  /** A loop has begun to lag. */
  onLag(consumer: MeteredConsumer): void;
}

/** Somebody who waits to write to the stream of that name. */
interface Waiter {
  readonly stream: string;
  readonly resume: () => void;
}

/**
 * Holds up those who fill streams while a loop lags behind: from the high-water mark on until half of it is
 * read. A consumer with a `highWaterMark` of its own holds nobody up. Everything that waits counts in the
 * account, too.
 */
export class BacklogGate implements BacklogMeter {
  readonly #options: GateOptions;
  /** Loops above the mark, with the time of their last read, in monotonic ms. */
  readonly #lagging = new Map<MeteredConsumer, number>();
  /** Loops above the mark that nobody reads. */
  readonly #forgotten = new WeakSet<MeteredConsumer>();
  readonly #waiters = new Set<Waiter>();
  #isWatching = false;

  constructor(options: GateOptions) {
    this.#options = options;
  }

  add(size: number, consumer: MeteredConsumer): void {
    const { account, kind, maxMessages, maxBytes } = this.#options;
    account.add(size, consumer, kind);
    if (consumer.getBackpressure() < maxMessages && consumer.backlogSize < maxBytes) return;
    if (consumer.isBounded || this.#lagging.has(consumer) || this.#forgotten.has(consumer)) return;
    this.#lagging.set(consumer, performance.now());
    this.#options.onLag(consumer);
    this.#watch();
  }

  remove(size: number, consumer: MeteredConsumer): void {
    const { account, maxMessages, maxBytes } = this.#options;
    account.remove(size, consumer);
    this.#forgotten.delete(consumer);
    if (!this.#lagging.has(consumer)) return;
    const isHigh =
      consumer.getBackpressure() > maxMessages / 2 || consumer.backlogSize > maxBytes / 2;
    if (isHigh) this.#lagging.set(consumer, performance.now());
    else this.#release(consumer);
  }

  /** Whether a loop over that stream lags behind. */
  isHigh(stream: string): boolean {
    if (this.#lagging.size === 0) return false;
    for (const consumer of this.#lagging.keys()) if (consumer.streamName === stream) return true;
    return false;
  }

  /** Resolves when a loop over that stream has caught up, or `signal` is aborted. Others may lag still. */
  whenLow(stream: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const resume = (): void => {
        this.#waiters.delete(waiter);
        signal.removeEventListener('abort', resume);
        resolve();
      };
      const waiter = { stream, resume };
      this.#waiters.add(waiter);
      if (signal.aborted) resume();
      else signal.addEventListener('abort', resume);
    });
  }

  #release(consumer: MeteredConsumer): void {
    this.#lagging.delete(consumer);
    for (const waiter of [...this.#waiters]) {
      if (waiter.stream === consumer.streamName) waiter.resume();
    }
  }

  /** Looks now and then for loops that have stopped to read. */
  #watch(): void {
    const { patienceMs } = this.#options;
    if (this.#isWatching || patienceMs === Number.POSITIVE_INFINITY) return;
    this.#isWatching = true;
    deadlines.add(patienceMs, look, this);
  }

  /** Called by the deadline. */
  look(): void {
    this.#isWatching = false;
    const since = performance.now() - this.#options.patienceMs;
    for (const [consumer, readAt] of this.#lagging) {
      if (readAt > since) continue;
      this.#forgotten.add(consumer);
      this.#release(consumer);
    }
    if (this.#lagging.size > 0) this.#watch();
  }
}

function look(gate: BacklogGate): void {
  gate.look();
}
