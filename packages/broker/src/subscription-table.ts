import { BrokerUnavailableError } from '@asyngular/errors';

/** A channel this node has asked for. */
export interface Subscription {
  readonly channel: string;
  /** Since when everything published on it should arrive; `undefined` until the broker has confirmed it. */
  listeningSince: number | undefined;
  /** Pending while the broker has not confirmed; then nobody waits. */
  waiter:
    | {
        readonly promise: Promise<void>;
        readonly resolve: () => void;
        readonly reject: (error: Error) => void;
        readonly timer: ReturnType<typeof setTimeout>;
      }
    | undefined;
}

/** The channels this node wants, confirmed or not, with the callers waiting for confirmation. */
export class SubscriptionTable {
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #timeoutMs: number;
  readonly #onTimeout: (channel: string) => void;

  /** `onTimeout` is called with a channel that was not confirmed in time and is not wanted any more. */
  constructor(timeoutMs: number, onTimeout: (channel: string) => void) {
    this.#timeoutMs = timeoutMs;
    this.#onTimeout = onTimeout;
  }

  get size(): number {
    return this.#subscriptions.size;
  }

  get(channel: string): Subscription | undefined {
    return this.#subscriptions.get(channel);
  }

  values(): IterableIterator<Subscription> {
    return this.#subscriptions.values();
  }

  add(channel: string): Subscription {
    let resolve!: () => void;
    let reject!: (error: Error) => void;
    const promise = new Promise<void>((res, rej) => {
      resolve = res;
      reject = rej;
    });
    const timer = setTimeout(() => {
      this.fail(
        subscription,
        new BrokerUnavailableError(
          `The broker did not confirm the subscription to channel ${JSON.stringify(channel)} within ${this.#timeoutMs} ms; subscribe again`,
          'timeout',
        ),
      );
      this.#onTimeout(channel);
    }, this.#timeoutMs);
    const subscription: Subscription = {
      channel,
      listeningSince: undefined,
      waiter: { promise, resolve, reject, timer },
    };
    this.#subscriptions.set(channel, subscription);
    return subscription;
  }

  /** Still the one that is wanted, not given back or replaced meanwhile. */
  isCurrent(subscription: Subscription): boolean {
    return this.#subscriptions.get(subscription.channel) === subscription;
  }

  confirm(subscription: Subscription): void {
    if (subscription.listeningSince !== undefined || !this.isCurrent(subscription)) return;
    subscription.listeningSince = performance.now();
    this.#release(subscription)?.resolve();
  }

  fail(subscription: Subscription, error: Error): void {
    if (!this.isCurrent(subscription)) return;
    this.#subscriptions.delete(subscription.channel);
    this.#release(subscription)?.reject(error);
  }

  /** Gives a channel back; callers that still wait for it are let go without an error. */
  remove(channel: string): boolean {
    const subscription = this.#subscriptions.get(channel);
    if (!subscription) return false;
    this.#subscriptions.delete(channel);
    this.#release(subscription)?.resolve();
    return true;
  }

  failAll(error: Error): void {
    for (const subscription of [...this.#subscriptions.values()]) this.fail(subscription, error);
  }

  #release(subscription: Subscription): Subscription['waiter'] {
    const { waiter } = subscription;
    if (waiter) clearTimeout(waiter.timer);
    subscription.waiter = undefined;
    return waiter;
  }
}
