import type { Msg, NatsConnection, Subscription } from '@nats-io/nats-core';

/** What a set of interests needs of its transport. */
export interface InterestLink {
  /** Throws `ConnectionLostError` while there is none. */
  connection(): NatsConnection;
  /** Resolves when the service has everything that was written. */
  flush(connection: NatsConnection): Promise<void>;
  /** What the server complained about last. */
  refusal(): Error | undefined;
}

/** What is subscribed to, by key, over the connections of one transport. */
export class Interests<Key> {
  readonly #subscriptions = new Map<Key, Subscription>();
  readonly #link: InterestLink;
  readonly #subjectOf: (key: Key) => string;
  readonly #onMessage: (key: Key, message: Msg) => void;
  readonly #delayMs: number;

  constructor(
    link: InterestLink,
    subjectOf: (key: Key) => string,
    onMessage: (key: Key, message: Msg) => void,
    delayMs: number,
  ) {
    this.#link = link;
    this.#subjectOf = subjectOf;
    this.#onMessage = onMessage;
    this.#delayMs = delayMs;
  }

  /** Resolves when the service has confirmed every key; those already in place are no error. */
  async add(keys: readonly Key[]): Promise<void> {
    const connection = this.#link.connection();
    for (const key of keys) {
      const existing = this.#subscriptions.get(key);
      // nats.js has sent the existing ones again itself, unless the server refused them.
      if (existing && !existing.isClosed()) continue;
      this.#subscriptions.set(key, this.#subscribe(connection, key));
    }
    await this.#link.flush(connection);
    for (const key of keys) {
      if (this.#subscriptions.get(key)?.isClosed()) {
        this.#subscriptions.delete(key);
        throw this.#link.refusal() ?? new Error('The NATS server refused the subscription');
      }
    }
    // A cluster's servers tell each other of an interest after the client has its answer: what is
    // published at another server right now may not find its way here yet.
    if (connection.info?.cluster !== undefined && this.#delayMs > 0) {
      await new Promise((resolve) => setTimeout(resolve, this.#delayMs));
    }
  }

  /** Gives a key back, without waiting for the service; false if it was not there. */
  remove(key: Key): boolean {
    this.#subscriptions.get(key)?.unsubscribe();
    return this.#subscriptions.delete(key);
  }

  /** Gives everything back. */
  removeAll(): void {
    for (const subscription of this.#subscriptions.values()) subscription.unsubscribe();
    this.#subscriptions.clear();
  }

  /** The connection they belonged to is gone for good. */
  forget(): void {
    this.#subscriptions.clear();
  }

  #subscribe(connection: NatsConnection, key: Key): Subscription {
    return connection.subscribe(this.#subjectOf(key), {
      callback: (error, message) => {
        if (!error) this.#onMessage(key, message);
      },
    });
  }
}
