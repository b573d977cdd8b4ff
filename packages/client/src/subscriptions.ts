import type {
  ChannelEvents,
  ChannelOptions,
  ChannelState,
  SubscribeOptions,
  SubscriptionOptions,
} from '@asyngular/channels';
import type { EmitEvent } from './events.js';

export interface SubscriptionsHost {
  readonly emit: EmitEvent;
  /** Announces an event of one channel. */
  emitChannel<Name extends keyof ChannelEvents>(
    channel: string,
    name: Name,
    payload: ChannelEvents[Name],
  ): void;
  readonly isOpen: boolean;
  readonly isAuthenticated: boolean;
  readonly channelPrefix: string | null;
  /** First wait for an answer to `#subscribe` before asking again, ms. */
  readonly retryAfterMs: number;
  /** The data itself, or a clone where the options ask for one. */
  own<T>(data: T): T;
  /** Sends a call without deadline and returns its id; callbacks run in order with other packets. */
  call(event: string, data: unknown, resolve: () => void, reject: (error: unknown) => void): number;
  /** Forgets a call: neither callback will run. */
  forget(callId: number): void;
  transmit(event: string, data: unknown): void;
  setTimeout(callback: () => void, delayMs: number): unknown;
  clearTimeout(handle: unknown): void;
}

/** Longest wait between two requests for the same channel. */
const MAX_RETRY_MS = 60_000;

/** A channel that is wanted. Unsubscribed channels have no entry. */
interface Subscription {
  readonly name: string;
  state: 'pending' | 'subscribed';
  options: ChannelOptions;
  /** Calls that may still be answered; more than one only after a retry. */
  readonly calls: number[];
  /** What the last `#subscribe` told the server. */
  sent: SubscriptionOptions;
  retryTimer: unknown;
}

/** Own members only, so that a hostile `__proto__` in parsed JSON stays behind. */
function sanitizeOptions(options: SubscribeOptions): ChannelOptions {
  const result: ChannelOptions = { waitForAuth: Boolean(options.waitForAuth) };
  if (options.priority !== undefined) {
    result.priority = options.priority;
  }
  if (options.data !== undefined) {
    result.data = options.data;
  }
  return result;
}

/**
 * The subscription of every channel of one socket.
 *
 *   unsubscribed ──subscribe()──▶ pending ──ack──▶ subscribed
 *        ▲                         │  ▲                │
 *        └── unsubscribe, refusal ─┘  └── connection ──┤
 *        └──────────── unsubscribe, kick-out ──────────┘      lost
 *
 * Invariant: `calls` is non-empty only while pending on an open connection.
 */
export class Subscriptions {
  readonly #host: SubscriptionsHost;
  /** In creation order, which decides between equal priorities. */
  readonly #channels = new Map<string, Subscription>();
  #isPreparing = false;

  constructor(host: SubscriptionsHost) {
    this.#host = host;
  }

  /** True from the opened connection until pending subscriptions are processed. */
  get isPreparing(): boolean {
    return this.#isPreparing;
  }

  subscribe(name: string, options?: SubscribeOptions): void {
    let subscription = this.#channels.get(name);
    if (!subscription) {
      subscription = {
        name,
        state: 'pending',
        options: this.#ownOptions(options ?? {}),
        calls: [],
        sent: {},
        retryTimer: undefined,
      };
      this.#channels.set(name, subscription);
      this.#announce(name, 'unsubscribed', 'pending');
    } else if (options) {
      // Without options the earlier ones stay: losing waitForAuth would subscribe too early.
      subscription.options = this.#ownOptions(options);
    }
    this.#request(subscription);
  }

  unsubscribe(name: string): void {
    const subscription = this.#channels.get(name);
    if (!subscription) {
      return;
    }
    const isKnownToServer = subscription.state === 'subscribed' || subscription.calls.length > 0;
    this.#leave(subscription);
    if (isKnownToServer && this.#host.isOpen) {
      this.#host.transmit('#unsubscribe', this.#wireName(name));
    }
  }

  isSubscribed(name: string, includePending = false): boolean {
    const state = this.#channels.get(name)?.state;
    return state === 'subscribed' || (Boolean(includePending) && state === 'pending');
  }

  /** Names of subscribed channels, with `includePending` of pending ones too. */
  names(includePending = false): string[] {
    const names: string[] = [];
    for (const { name, state } of this.#channels.values()) {
      if (includePending || state === 'subscribed') {
        names.push(name);
      }
    }
    return names;
  }

  state(name: string): ChannelState {
    return this.#channels.get(name)?.state ?? 'unsubscribed';
  }

  /** A copy; `{}` when unsubscribed. */
  options(name: string): ChannelOptions {
    return { ...this.#channels.get(name)?.options };
  }

  /** Channel name as the server knows it. */
  wireName(name: string): string {
    return this.#wireName(name);
  }

  /** The local name of an inbound packet's channel, if it is wanted here. */
  localName(wireName: string): string | undefined {
    const prefix = this.#host.channelPrefix;
    const name = prefix && wireName.startsWith(prefix) ? wireName.slice(prefix.length) : wireName;
    return this.#channels.has(name) ? name : undefined;
  }

  /** The connection opened: nothing is requested until `processPending()`. */
  prepare(): void {
    this.#isPreparing = true;
  }

  /** Requests every eligible channel: highest priority first, then in creation order. */
  processPending(): void {
    if (!this.#host.isOpen) {
      return;
    }
    this.#isPreparing = false;
    const pending = [...this.#channels.values()].filter(({ state }) => state === 'pending');
    pending.sort((a, b) => (b.options.priority ?? 0) - (a.options.priority ?? 0));
    for (const subscription of pending) {
      this.#request(subscription);
    }
  }

  /** The socket became authenticated: channels that waited for it are requested. */
  onAuthenticated(): void {
    if (!this.#isPreparing) {
      this.processPending();
    }
  }

  /** `#kickOut`: the server took the socket out of the channel. Unknown channels are ignored. */
  onKickOut(wireName: string, message: unknown): void {
    const name = this.localName(wireName);
    if (name !== undefined) {
      this.#host.emit('kickOut', { channel: name, message });
      this.#host.emitChannel(name, 'kickOut', { message });
      this.#leave(this.#channels.get(name)!);
    }
  }

  /** Answers to requests in flight no longer count. */
  forgetRequests(): void {
    for (const subscription of this.#channels.values()) {
      this.#cancelRequest(subscription);
    }
  }

  /** Every channel becomes pending. */
  onConnectionLost(): void {
    this.#isPreparing = false;
    for (const subscription of this.#channels.values()) {
      if (subscription.state === 'subscribed') {
        subscription.state = 'pending';
        this.#announce(subscription.name, 'subscribed', 'pending');
      }
    }
  }

  /** Sends `#subscribe` if the channel is eligible: see docs/client.md, subscriptions. */
  #request(subscription: Subscription): void {
    const { options } = subscription;
    const isEligible =
      subscription.state === 'pending' &&
      subscription.calls.length === 0 &&
      this.#host.isOpen &&
      !this.#isPreparing &&
      (!options.waitForAuth || this.#host.isAuthenticated);
    if (isEligible) {
      this.#send(subscription, this.#host.retryAfterMs);
    }
  }

  #send(subscription: Subscription, retryAfterMs: number): void {
    const { name, options } = subscription;
    const sent: SubscriptionOptions = {};
    if (options.waitForAuth) {
      sent.waitForAuth = true;
    }
    if (options.data !== undefined) {
      sent.data = options.data;
    }
    subscription.sent = sent;
    // A lost answer would leave the channel pending for ever. Asking twice does no harm: servers
    // confirm an existing subscription, and whichever answer comes first counts.
    subscription.retryTimer = this.#host.setTimeout(
      () => this.#send(subscription, Math.min(retryAfterMs * 2, MAX_RETRY_MS)),
      retryAfterMs,
    );
    const callId = this.#host.call(
      '#subscribe',
      { channel: this.#wireName(name), ...sent },
      () => this.#onConfirmed(subscription),
      (error) => this.#onRefused(subscription, error),
    );
    subscription.calls.push(callId);
    this.#host.emit('subscribeRequest', { channel: name, subscriptionOptions: sent });
  }

  #onConfirmed(subscription: Subscription): void {
    const { name, sent } = subscription;
    this.#cancelRequest(subscription);
    subscription.state = 'subscribed';
    this.#announce(name, 'pending', 'subscribed', sent);
  }

  #onRefused(subscription: Subscription, error: unknown): void {
    const { name, sent } = subscription;
    this.#cancelRequest(subscription);
    if (subscription.options.waitForAuth && !this.#host.isAuthenticated) {
      // Authentication lapsed meanwhile: the channel goes on waiting for it.
      return;
    }
    this.#channels.delete(name);
    this.#announce(name, 'pending', 'unsubscribed');
    this.#host.emitChannel(name, 'subscribeFail', { error, subscriptionOptions: sent });
    this.#host.emit('subscribeFail', { error, channel: name, subscriptionOptions: sent });
  }

  #leave(subscription: Subscription): void {
    const { name, state } = subscription;
    this.#cancelRequest(subscription);
    this.#channels.delete(name);
    this.#announce(name, state, 'unsubscribed');
  }

  /** One transition on the channel and the socket; the named event of each follows its change. */
  #announce(
    channel: string,
    oldChannelState: ChannelState,
    newChannelState: ChannelState,
    subscriptionOptions?: SubscriptionOptions,
  ): void {
    const states = { oldChannelState, newChannelState };
    const change = subscriptionOptions ? { ...states, subscriptionOptions } : states;
    const hasLeft = oldChannelState === 'subscribed';
    this.#host.emitChannel(channel, 'subscribeStateChange', change);
    if (subscriptionOptions) {
      this.#host.emitChannel(channel, 'subscribe', { subscriptionOptions });
    } else if (hasLeft) {
      this.#host.emitChannel(channel, 'unsubscribe', {});
    }
    this.#host.emit('subscribeStateChange', { channel, ...change });
    if (subscriptionOptions) {
      this.#host.emit('subscribe', { channel, subscriptionOptions });
    } else if (hasLeft) {
      this.#host.emit('unsubscribe', { channel });
    }
  }

  #cancelRequest(subscription: Subscription): void {
    this.#host.clearTimeout(subscription.retryTimer);
    subscription.retryTimer = undefined;
    for (const callId of subscription.calls.splice(0)) {
      this.#host.forget(callId);
    }
  }

  #ownOptions(options: SubscribeOptions): ChannelOptions {
    return this.#host.own(sanitizeOptions(options));
  }

  #wireName(name: string): string {
    return (this.#host.channelPrefix ?? '') + name;
  }
}
