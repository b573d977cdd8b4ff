import type {
  ChannelOptions,
  ChannelState,
  SubscribeOptions,
  SubscriptionOptions,
} from '@asyngular/channels';
import type { Interruption } from '@asyngular/protocol/internal';
import { type Core, owned } from './core.js';

/** Shortest and longest wait between two requests for the same channel. A tiny `ackTimeout` says that
 *  calls may fail fast, not that the server should be asked in a loop. */
const MIN_RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;

/** A channel that is wanted. Unsubscribed channels have no entry. */
interface Subscription {
  readonly name: string;
  phase: 'pending' | 'subscribed';
  wish: ChannelOptions;
  /** Forget the calls that may still be answered; more than one only after a retry. */
  forgets: (() => void)[];
  /** What the last `#subscribe` told the server. */
  told: SubscriptionOptions;
  retryTimer?: unknown;
}

export type Subscriptions = ReturnType<typeof createSubscriptions>;

/**
 * The subscription of every channel of one socket.
 *
 *   unsubscribed ──subscribe()──▶ pending ──ack──▶ subscribed
 *        ▲                         │  ▲                │
 *        └── unsubscribe, refusal ─┘  └── connection ──┤
 *        └──────────── unsubscribe, kick-out ──────────┘      lost
 *
 * Invariant: `forgets` is non-empty only while pending on an open connection.
 */
export function createSubscriptions(core: Core) {
  /** In creation order, which decides between equal priorities. */
  const wanted = new Map<string, Subscription>();

  function subscribe(name: string, options?: SubscribeOptions): void {
    let subscription = wanted.get(name);
    if (!subscription) {
      subscription = { name, phase: 'pending', wish: copyOptions(options), forgets: [], told: {} };
      wanted.set(name, subscription);
      announce(name, 'unsubscribed', 'pending');
    } else if (options) {
      // Without options the earlier ones stay: losing waitForAuth would subscribe too early.
      subscription.wish = copyOptions(options);
    }
    request(subscription);
  }

  function unsubscribe(name: string): void {
    const subscription = wanted.get(name);
    if (subscription) {
      const isKnownToServer =
        subscription.phase === 'subscribed' || subscription.forgets.length > 0;
      leave(subscription);
      if (isKnownToServer && core.stage === 'open') {
        core.outlet.send({ event: '#unsubscribe', data: wireName(name) });
      }
    }
  }

  /** Names of subscribed channels, with `includePending` of pending ones too. */
  function names(includePending?: boolean): string[] {
    return [...wanted.values()]
      .filter(({ phase }) => includePending || phase === 'subscribed')
      .map(({ name }) => name);
  }

  function stateOf(name: string): ChannelState {
    return wanted.get(name)?.phase ?? 'unsubscribed';
  }

  /** A copy; `{}` when unsubscribed. */
  function optionsOf(name: string): ChannelOptions {
    return { ...wanted.get(name)?.wish };
  }

  /** Channel name as the server knows it. */
  function wireName(name: string): string {
    return (core.options.channelPrefix ?? '') + name;
  }

  /** The local name of an inbound packet's channel, if it is wanted here. */
  function localName(channel: string): string | undefined {
    const prefix = wireName('');
    const name = channel.startsWith(prefix) ? channel.slice(prefix.length) : channel;
    return wanted.has(name) ? name : undefined;
  }

  /** Requests every eligible channel: highest priority first, then in creation order. */
  function processPending(): void {
    if (core.stage === 'open') {
      core.isPreparing = false;
      [...wanted.values()]
        .sort((a, b) => (b.wish.priority ?? 0) - (a.wish.priority ?? 0))
        .forEach(request);
    }
  }

  /** `#kickOut`: the server took the socket out of the channel. Unknown channels are ignored. */
  function onKickOut(channel: string, message: unknown): void {
    const subscription = wanted.get(localName(channel)!);
    if (subscription) {
      const { name } = subscription;
      core.emit('kickOut', { channel: name, message });
      core.channelStreams.emit(name, 'kickOut', { message });
      leave(subscription);
    }
  }

  /** `#interruption`: publications may have been missed, on one channel or on all subscribed ones. */
  function onInterruption({ channel, ...interruption }: Interruption): void {
    const one = channel !== undefined && localName(channel);
    for (const name of names()) {
      if (channel === undefined || name === one) {
        core.channelStreams.emit(name, 'interruption', interruption);
      }
    }
  }

  /** Answers to requests in flight no longer count. */
  function forgetRequests(): void {
    wanted.forEach(forgetRequest);
  }

  /** Every channel becomes pending. */
  function onConnectionLost(): void {
    core.isPreparing = false;
    for (const subscription of wanted.values()) {
      if (subscription.phase === 'subscribed') {
        subscription.phase = 'pending';
        announce(subscription.name, 'subscribed', 'pending');
      }
    }
  }

  /** Sends `#subscribe` if the channel is eligible: see docs/client.md, subscriptions. */
  function request(subscription: Subscription): void {
    const { phase, forgets, wish } = subscription;
    const isEligible =
      phase === 'pending' &&
      forgets.length === 0 &&
      core.stage === 'open' &&
      !core.isPreparing &&
      mayAsk(wish);
    if (isEligible) {
      ask(subscription, Math.max(core.options.ackTimeout, MIN_RETRY_MS));
    }
  }

  function mayAsk({ waitForAuth }: ChannelOptions): boolean {
    return !waitForAuth || core.authStatus === 'authenticated';
  }

  function ask(subscription: Subscription, retryAfterMs: number): void {
    const { name, wish } = subscription;
    const told: SubscriptionOptions = {};
    if (wish.waitForAuth) {
      told.waitForAuth = true;
    }
    if (wish.data !== undefined) {
      told.data = wish.data;
    }
    subscription.told = told;
    // A lost answer would leave the channel pending for ever. Asking twice does no harm: servers
    // confirm an existing subscription, and whichever answer comes first counts.
    subscription.retryTimer = core.platform.setTimeout(
      () => ask(subscription, Math.min(retryAfterMs * 2, MAX_RETRY_MS)),
      retryAfterMs,
    );
    subscription.forgets.push(
      core.requests.callNow(
        '#subscribe',
        { channel: wireName(name), ...told },
        null,
        () => onConfirmed(subscription),
        (error) => onRefused(subscription, error),
      ),
    );
    core.emit('subscribeRequest', { channel: name, subscriptionOptions: told });
  }

  function onConfirmed(subscription: Subscription): void {
    forgetRequest(subscription);
    subscription.phase = 'subscribed';
    announce(subscription.name, 'pending', 'subscribed', subscription.told);
  }

  function onRefused(subscription: Subscription, error: unknown): void {
    const { name, told: subscriptionOptions } = subscription;
    forgetRequest(subscription);
    // Else authentication lapsed meanwhile, and the channel goes on waiting for it.
    if (mayAsk(subscription.wish)) {
      leave(subscription);
      core.channelStreams.emit(name, 'subscribeFail', { error, subscriptionOptions });
      core.emit('subscribeFail', { error, channel: name, subscriptionOptions });
    }
  }

  function leave(subscription: Subscription): void {
    const { name, phase } = subscription;
    forgetRequest(subscription);
    wanted.delete(name);
    announce(name, phase, 'unsubscribed');
  }

  function forgetRequest(subscription: Subscription): void {
    core.platform.clearTimeout(subscription.retryTimer);
    for (const forget of subscription.forgets) {
      forget();
    }
    subscription.forgets = [];
  }

  /** One transition on the channel and the socket; the named event of each follows its change. */
  function announce(
    channel: string,
    oldChannelState: ChannelState,
    newChannelState: ChannelState,
    subscriptionOptions?: SubscriptionOptions,
  ): void {
    const sent = subscriptionOptions && { subscriptionOptions };
    const tell = (emit: (name: any, payload: object) => void) => {
      emit('subscribeStateChange', { oldChannelState, newChannelState, ...sent });
      if (sent) {
        emit('subscribe', sent);
      } else if (oldChannelState === 'subscribed') {
        emit('unsubscribe', {});
      }
    };
    tell((name, payload) => core.channelStreams.emit(channel, name, payload));
    tell((name, payload) => core.emit(name, { channel, ...payload } as any));
  }

  /** Known members only, so that a hostile `__proto__` in parsed JSON stays behind. */
  function copyOptions({ waitForAuth, priority, data }: SubscribeOptions = {}): ChannelOptions {
    return owned(core, {
      waitForAuth: Boolean(waitForAuth),
      ...(priority !== undefined && { priority }),
      ...(data !== undefined && { data }),
    });
  }

  return {
    subscribe,
    unsubscribe,
    names,
    stateOf,
    optionsOf,
    wireName,
    localName,
    processPending,
    onKickOut,
    onInterruption,
    forgetRequests,
    onConnectionLost,
  };
}
