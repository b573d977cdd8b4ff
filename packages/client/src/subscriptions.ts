import type {
  ChannelOptions,
  ChannelState,
  SubscribeOptions,
  SubscriptionOptions,
} from '@asyngular/channels';
import type { Interruption } from '@asyngular/protocol/internal';
import type { Core } from './core.js';

/** Shortest and longest wait between two requests for the same channel. A tiny `ackTimeout` says that
 *  calls may fail fast, not that the server should be asked in a loop. */
const MIN_RETRY_MS = 1_000;
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
  readonly #core: Core;
  /** In creation order, which decides between equal priorities. */
  readonly #channels = new Map<string, Subscription>();
  /** True from the opened connection until pending subscriptions are processed. */
  isPreparing = false;

  constructor(core: Core) {
    this.#core = core;
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
    if (isKnownToServer && this.#core.isOpen) {
      this.#core.outlet.send({ event: '#unsubscribe', data: this.wireName(name) });
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
    return (this.#core.options.channelPrefix ?? '') + name;
  }

  /** The local name of an inbound packet's channel, if it is wanted here. */
  localName(wireName: string): string | undefined {
    const prefix = this.#core.options.channelPrefix;
    const name = prefix && wireName.startsWith(prefix) ? wireName.slice(prefix.length) : wireName;
    return this.#channels.has(name) ? name : undefined;
  }

  /** The connection opened: nothing is requested until `processPending()`. */
  prepare(): void {
    this.isPreparing = true;
  }

  /** Requests every eligible channel: highest priority first, then in creation order. */
  processPending(): void {
    if (!this.#core.isOpen) {
      return;
    }
    this.isPreparing = false;
    const pending = [...this.#channels.values()].filter(({ state }) => state === 'pending');
    pending.sort((a, b) => (b.options.priority ?? 0) - (a.options.priority ?? 0));
    for (const subscription of pending) {
      this.#request(subscription);
    }
  }

  /** The socket became authenticated: channels that waited for it are requested. */
  onAuthenticated(): void {
    if (!this.isPreparing) {
      this.processPending();
    }
  }

  /** `#kickOut`: the server took the socket out of the channel. Unknown channels are ignored. */
  onKickOut(wireName: string, message: unknown): void {
    const name = this.localName(wireName);
    if (name !== undefined) {
      this.#core.emit('kickOut', { channel: name, message });
      this.#core.channelStreams.emit(name, 'kickOut', { message });
      this.#leave(this.#channels.get(name)!);
    }
  }

  /** `#interruption`: publications may have been missed, on one channel or on all subscribed ones. */
  onInterruption({ channel, ...interruption }: Interruption): void {
    const one = channel !== undefined && this.localName(channel);
    for (const name of this.names()) {
      if (channel === undefined || name === one) {
        this.#core.channelStreams.emit(name, 'interruption', interruption);
      }
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
    this.isPreparing = false;
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
      this.#core.isOpen &&
      !this.isPreparing &&
      (!options.waitForAuth || this.#isAuthenticated);
    if (isEligible) {
      this.#send(subscription, Math.max(this.#core.options.ackTimeout, MIN_RETRY_MS));
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
    subscription.retryTimer = this.#core.platform.setTimeout(
      () => this.#send(subscription, Math.min(retryAfterMs * 2, MAX_RETRY_MS)),
      retryAfterMs,
    );
    const callId = this.#core.requests.callNow(
      '#subscribe',
      { channel: this.wireName(name), ...sent },
      null,
      () => this.#onConfirmed(subscription),
      (error) => this.#onRefused(subscription, error),
    );
    subscription.calls.push(callId);
    this.#core.emit('subscribeRequest', { channel: name, subscriptionOptions: sent });
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
    if (subscription.options.waitForAuth && !this.#isAuthenticated) {
      // Authentication lapsed meanwhile: the channel goes on waiting for it.
      return;
    }
    this.#channels.delete(name);
    this.#announce(name, 'pending', 'unsubscribed');
    this.#core.channelStreams.emit(name, 'subscribeFail', { error, subscriptionOptions: sent });
    this.#core.emit('subscribeFail', { error, channel: name, subscriptionOptions: sent });
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
    const { emit, channelStreams } = this.#core;
    const sent = subscriptionOptions && { subscriptionOptions };
    const announce = (tell: (name: any, payload: object) => void) => {
      tell('subscribeStateChange', { oldChannelState, newChannelState, ...sent });
      if (sent) {
        tell('subscribe', sent);
      } else if (oldChannelState === 'subscribed') {
        tell('unsubscribe', {});
      }
    };
    announce((name, payload) => channelStreams.emit(channel, name, payload));
    announce((name, payload) => emit(name, { channel, ...payload } as any));
  }

  get #isAuthenticated(): boolean {
    return this.#core.authentication.state === 'authenticated';
  }

  #cancelRequest(subscription: Subscription): void {
    this.#core.platform.clearTimeout(subscription.retryTimer);
    subscription.retryTimer = undefined;
    for (const callId of subscription.calls.splice(0)) {
      this.#core.requests.forget(callId);
    }
  }

  #ownOptions(options: SubscribeOptions): ChannelOptions {
    return this.#core.own(sanitizeOptions(options));
  }
}
