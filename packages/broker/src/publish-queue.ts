import { BrokerUnavailableError } from '@asyngular/errors';
import type { BrokerPayload, PublishOrigin } from './broker.js';
import { type Linked, RecencyList } from './recency-list.js';

/** What was asked for. */
export interface PublishRequest {
  readonly channel: string;
  readonly payload: BrokerPayload;
  readonly origin: PublishOrigin | undefined;
  /** What a log knows a second publication by; see `AppendOptions.id`. */
  readonly id?: string | undefined;
}

/** One publish that the broker has not accepted yet, and that ends with a `Result`. */
export interface PendingPublish<Result = void>
  extends PublishRequest,
    Linked<PendingPublish<Result>> {
  readonly bytes: number;
  readonly deadline: number;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: Error) => void;
  /** Set when first sent; sent again unchanged after a reconnect, so that receivers know the repeat. */
  envelope: Buffer | undefined;
  /** True while the current connection owes an answer. */
  isInFlight: boolean;
  /** Neither accepted nor failed yet. */
  isQueued: boolean;
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
export class PublishQueue<Result = void> {
  readonly #limits: PublishQueueLimits;
  readonly #entries = new RecencyList<PendingPublish<Result>>();
  #size = 0;
  #bytes = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #onEmpty: (() => void) | undefined;

  constructor(limits: PublishQueueLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Appends; `accept` gets the entry at once. The promise settles with the entry. */
  add(request: PublishRequest, accept: (entry: PendingPublish<Result>) => void): Promise<Result> {
    const { channel, payload, origin, id } = request;
    const { maxQueuedMessages, maxQueuedBytes, timeoutMs } = this.#limits;
    const bytes = typeof payload === 'string' ? Buffer.byteLength(payload) : payload.byteLength;
    if (this.#size >= maxQueuedMessages || this.#bytes + bytes > maxQueuedBytes) {
      return Promise.reject(
        new BrokerUnavailableError(
          `${this.#size} publishes (${this.#bytes} bytes) already wait for the broker; await publish(), or raise maxQueuedMessages or maxQueuedBytes`,
          'queue-full',
        ),
      );
    }
    return new Promise<Result>((resolve, reject) => {
      const entry: PendingPublish<Result> = {
        channel,
        payload,
        origin,
        id,
        bytes,
        deadline: performance.now() + timeoutMs,
        resolve,
        reject,
        envelope: undefined,
        isInFlight: false,
        isQueued: true,
        older: undefined,
        newer: undefined,
      };
      this.#entries.add(entry);
      this.#size++;
      this.#bytes += bytes;
      this.#timer ??= setTimeout(this.#expire, timeoutMs);
      accept(entry);
    });
  }

  has(entry: PendingPublish<Result>): boolean {
    return entry.isQueued;
  }

  /** The broker accepted it. */
  accept(entry: PendingPublish<Result>, result: Result): boolean {
    if (!this.#remove(entry)) return false;
    entry.resolve(result);
    return true;
  }

  /** The broker refused it. `maybeSent`: it had been sent before, and that answer was lost. */
  refuse(entry: PendingPublish<Result>, cause: Error, maybeSent = false): void {
    const fate = maybeSent ? '; it may have been delivered' : '';
    const message = `The broker refused a message on channel ${JSON.stringify(entry.channel)}: ${cause.message}${fate}`;
    this.#fail(entry, new BrokerUnavailableError(message, 'refused', { cause, maybeSent }));
  }

  /**
   * Its publisher may be connected to another node by now and have published there: sent after that, the
   * message would arrive in the wrong order.
   */
  abandon(entry: PendingPublish<Result>): void {
    const maybeSent = entry.envelope !== undefined;
    const message = `The publisher of a message on channel ${JSON.stringify(entry.channel)} left before the broker accepted it`;
    this.#fail(entry, new BrokerUnavailableError(message, 'abandoned', { maybeSent }));
  }

  /** Fails what waits and was published by somebody who has left. */
  dropAbandoned(): void {
    for (const entry of [...this]) {
      if (!entry.isInFlight && entry.origin?.isClosed) this.abandon(entry);
    }
  }

  /** What was under way waits for the next connection. */
  returnInFlight(): void {
    for (const entry of this) entry.isInFlight = false;
  }

  /** Fails everything that waits, because the broker is closed. */
  failAll(reason: string): void {
    for (const entry of [...this]) {
      const maybeSent = entry.envelope !== undefined;
      const message = `${reason}; a message on channel ${JSON.stringify(entry.channel)} ${maybeSent ? 'may have been delivered' : 'was not sent'}`;
      this.#fail(entry, new BrokerUnavailableError(message, 'closed', { maybeSent }));
    }
  }

  *[Symbol.iterator](): IterableIterator<PendingPublish<Result>> {
    for (let entry = this.#entries.oldest; entry; entry = entry.newer) yield entry;
  }

  /** Resolves when nothing waits. Every entry has its deadline, so that this is a matter of time. */
  drained(): Promise<void> {
    if (this.#size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onEmpty = resolve;
    });
  }

  #fail(entry: PendingPublish<Result>, error: Error): void {
    if (this.#remove(entry)) entry.reject(error);
  }

  #remove(entry: PendingPublish<Result>): boolean {
    if (!entry.isQueued) return false;
    entry.isQueued = false;
    this.#entries.remove(entry);
    this.#bytes -= entry.bytes;
    if (--this.#size === 0) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#onEmpty?.();
    }
    return true;
  }

  readonly #expire = (): void => {
    this.#timer = undefined;
    const now = performance.now();
    for (const entry of [...this]) {
      if (entry.deadline > now) {
        this.#timer = setTimeout(this.#expire, Math.ceil(entry.deadline - now));
        return;
      }
      const maybeSent = entry.envelope !== undefined;
      this.#fail(
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
