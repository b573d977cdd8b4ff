import { BrokerUnavailableError } from '@asyngular/errors';
import type { BrokerPayload, PublishOrigin } from './broker.js';

/** What was asked for. */
export interface PublishRequest {
  readonly channel: string;
  readonly payload: BrokerPayload;
  readonly origin: PublishOrigin | undefined;
}

/** One publish that the broker has not accepted yet. */
export interface PendingPublish extends PublishRequest {
  readonly bytes: number;
  readonly deadline: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  /** Set when first sent; sent again unchanged after a reconnect, so that receivers know the repeat. */
  envelope: Buffer | undefined;
  /** True while the current connection owes an answer. */
  isInFlight: boolean;
}

export interface PublishQueueLimits {
  readonly maxQueuedMessages: number;
  readonly maxQueuedBytes: number;
  readonly timeoutMs: number;
}

/**
 * Publishes between the call and the broker's acceptance, oldest first. Bounded in number, bytes and
 * time; all wait equally long, so one timer for the oldest is enough.
 */
export class PublishQueue {
  readonly #limits: PublishQueueLimits;
  readonly #entries = new Set<PendingPublish>();
  #bytes = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #onEmpty: (() => void) | undefined;

  constructor(limits: PublishQueueLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#entries.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Appends; `accept` gets the entry at once. The promise settles with the entry. */
  add(request: PublishRequest, accept: (entry: PendingPublish) => void): Promise<void> {
    const { channel, payload, origin } = request;
    const { maxQueuedMessages, maxQueuedBytes, timeoutMs } = this.#limits;
    const bytes = typeof payload === 'string' ? Buffer.byteLength(payload) : payload.byteLength;
    if (this.#entries.size >= maxQueuedMessages || this.#bytes + bytes > maxQueuedBytes) {
      return Promise.reject(
        new BrokerUnavailableError(
          `${this.#entries.size} publishes (${this.#bytes} bytes) already wait for the broker; await publish(), or raise maxQueuedMessages or maxQueuedBytes`,
          'queue-full',
        ),
      );
    }
    return new Promise<void>((resolve, reject) => {
      const entry: PendingPublish = {
        channel,
        payload,
        origin,
        bytes,
        deadline: performance.now() + timeoutMs,
        resolve,
        reject,
        envelope: undefined,
        isInFlight: false,
      };
      this.#entries.add(entry);
      this.#bytes += bytes;
      this.#timer ??= setTimeout(this.#expire, timeoutMs);
      accept(entry);
    });
  }

  has(entry: PendingPublish): boolean {
    return this.#entries.has(entry);
  }

  /** The broker accepted it. */
  accept(entry: PendingPublish): boolean {
    if (!this.#remove(entry)) return false;
    entry.resolve();
    return true;
  }

  fail(entry: PendingPublish, error: Error): void {
    if (this.#remove(entry)) entry.reject(error);
  }

  [Symbol.iterator](): IterableIterator<PendingPublish> {
    return this.#entries.values();
  }

  /** Resolves when nothing waits. Every entry has its deadline, so that this is a matter of time. */
  drained(): Promise<void> {
    if (this.#entries.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onEmpty = resolve;
    });
  }

  #remove(entry: PendingPublish): boolean {
    if (!this.#entries.delete(entry)) return false;
    this.#bytes -= entry.bytes;
    if (this.#entries.size === 0) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#onEmpty?.();
    }
    return true;
  }

  readonly #expire = (): void => {
    this.#timer = undefined;
    const now = performance.now();
    for (const entry of [...this.#entries]) {
      if (entry.deadline > now) {
        this.#timer = setTimeout(this.#expire, Math.ceil(entry.deadline - now));
        return;
      }
      const maybeSent = entry.envelope !== undefined;
      this.fail(
        entry,
        new BrokerUnavailableError(
          `The broker did not accept a message on channel ${JSON.stringify(entry.channel)} within ${this.#limits.timeoutMs} ms` +
            (maybeSent ? '; it may have been delivered' : '; it was not sent'),
          'timeout',
          { maybeSent },
        ),
      );
    }
  };
}
