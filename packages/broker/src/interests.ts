import { BrokerUnavailableError, ConnectionLostError } from '@asyngular/errors';
import { RESTORE_PORTION } from './options.js';
import { type Subscription, SubscriptionTable } from './subscription-table.js';

/** How the service is asked for channels, and what becomes of them. None of the functions throws. */
export interface InterestRequests {
  /** Resolves when the service has confirmed every channel. */
  ask(channels: readonly string[]): Promise<void>;
  giveBack(channel: string): Promise<void>;
  onWarning(error: Error): void;
}

/** Waits for an answer of the service; rejects when there is none, or when it comes too late to count. */
export type AnswerLimit = (answer: Promise<void>) => Promise<void>;

/** Keeps the service informed of the channels this node wants, also across reconnects. */
export class Interests {
  readonly table: SubscriptionTable;
  readonly #requests: InterestRequests;
  #isConnected = false;

  constructor(timeoutMs: number, requests: InterestRequests) {
    this.#requests = requests;
    this.table = new SubscriptionTable(timeoutMs, (channel) => this.#giveBack(channel));
  }

  /** Settles when the service has confirmed the channel; repeats are harmless. */
  want(channel: string): void | Promise<void> {
    const existing = this.table.get(channel);
    if (existing) return existing.waiter?.promise;
    const subscription = this.table.add(channel);
    if (this.#isConnected) this.#ask(subscription);
    return subscription.waiter?.promise;
  }

  /** Gives a channel back; unknown ones are ignored. */
  release(channel: string): void | Promise<void> {
    if (this.table.remove(channel)) return this.#giveBack(channel);
  }

  /**
   * Asks a new connection for everything, in portions whose answers show that the service is alive. The
   * result is to be called when the node is connected: it lets those go who wait, and asks for what was
   * wanted meanwhile.
   */
  async restore(limit: AnswerLimit): Promise<() => void> {
    const subscriptions = [...this.table.values()];
    for (let start = 0; start < subscriptions.length; start += RESTORE_PORTION) {
      const portion = subscriptions.slice(start, start + RESTORE_PORTION);
      await limit(this.#requests.ask(portion.map(({ channel }) => channel)));
    }
    return () => {
      this.#isConnected = true;
      for (const subscription of subscriptions) this.table.confirm(subscription);
      for (const subscription of [...this.table.values()]) {
        if (subscription.listeningSince === undefined) this.#ask(subscription);
      }
    };
  }

  /** What is wanted from now on waits for the next connection. */
  disconnected(): void {
    this.#isConnected = false;
  }

  #ask(subscription: Subscription): void {
    this.#requests.ask([subscription.channel]).then(
      () => this.table.confirm(subscription),
      (cause: unknown) => {
        // After a lost connection it is restored with all others.
        if (cause instanceof ConnectionLostError) return;
        const message = `The broker refused the subscription to channel ${JSON.stringify(subscription.channel)}: ${(cause as Error).message}`;
        this.table.fail(subscription, new BrokerUnavailableError(message, 'refused', { cause }));
      },
    );
  }

  #giveBack(channel: string): Promise<void> {
    // Failing is harmless: a lost connection has no interests, and what still arrives is not delivered.
    return this.#requests.giveBack(channel).catch((error: unknown) => {
      if (!(error instanceof ConnectionLostError)) this.#requests.onWarning(error as Error);
    });
  }
}
