import { BrokerUnavailableError } from '@asyngular/broker';
import type { Deadline } from '@asyngular/protocol/internal';
import { deadlines } from '../turns/deadlines.js';
import type { ChannelSource } from './channel-source.js';

/** A channel this server has asked its broker for. */
interface Interest {
  /** Until the broker has confirmed. */
  pending: Promise<void> | undefined;
  /** Set while nobody here wants the channel any more. */
  linger: Deadline | undefined;
}

/**
 * The channels this server has asked its broker for: those with a local subscriber, and for a short
 * while those that just lost their last one, so that a client that reconnects or reloads a page does
 * not make the broker take the channel away and back.
 */
export class BrokerInterest {
  readonly #source: ChannelSource;
  readonly #lingerMs: number;
  readonly #interests = new Map<string, Interest>();
  #isClosed = false;

  constructor(source: ChannelSource, lingerMs: number) {
    this.#source = source;
    this.#lingerMs = lingerMs;
  }

  /**
   * Somebody here wants the channel. Settles when the broker has confirmed it, however long the broker
   * is away; rejects when the broker refuses it.
   */
  acquire(channel: string): void | Promise<void> {
    const existing = this.#interests.get(channel);
    if (existing !== undefined) {
      if (existing.linger !== undefined) deadlines.cancel(existing.linger);
      existing.linger = undefined;
      return existing.pending;
    }
    const confirmed = this.#subscribe(channel);
    const interest: Interest = { pending: undefined, linger: undefined };
    this.#interests.set(channel, interest);
    if (confirmed === undefined) return;
    interest.pending = this.#confirm(channel, interest, confirmed);
    // Those that waited may be gone when it fails.
    interest.pending.catch(() => {});
    return interest.pending;
  }

  /** What a further subscriber of the channel waits for. */
  confirmation(channel: string): void | Promise<void> {
    return this.#interests.get(channel)?.pending;
  }

  /** Nobody here wants the channel any more. */
  release(channel: string): void {
    const interest = this.#interests.get(channel);
    if (interest === undefined || this.#isClosed) return;
    if (this.#lingerMs === 0 || interest.pending !== undefined) this.#drop(channel);
    else interest.linger ??= deadlines.add(this.#lingerMs, this.#drop, channel);
  }

  /** The broker is being closed, which gives back everything. */
  close(): void {
    this.#isClosed = true;
    for (const { linger } of this.#interests.values()) if (linger) deadlines.cancel(linger);
    this.#interests.clear();
  }

  async #confirm(channel: string, interest: Interest, firstAnswer: Promise<void>): Promise<void> {
    let answer: void | Promise<void> = firstAnswer;
    for (;;) {
      try {
        await answer;
        interest.pending = undefined;
        return;
      } catch (error) {
        if (this.#interests.get(channel) !== interest) return;
        if (!interest.linger && error instanceof BrokerUnavailableError && isTemporary(error)) {
          answer = this.#subscribe(channel);
          continue;
        }
        if (interest.linger) deadlines.cancel(interest.linger);
        this.#interests.delete(channel);
        throw error;
      }
    }
  }

  #subscribe(channel: string): void | Promise<void> {
    try {
      return this.#source.subscribe(channel);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  readonly #drop = (channel: string): void => {
    this.#interests.delete(channel);
    // A channel that could not be given back only costs messages that nobody gets.
    Promise.resolve(this.#source.unsubscribe(channel)).catch(() => {});
  };
}

/** The broker is away, and has used up the time it gives one call. */
function isTemporary({ reason }: BrokerUnavailableError): boolean {
  return reason === 'timeout';
}
