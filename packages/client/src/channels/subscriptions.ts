import type {
  ChannelOptions,
  ChannelState,
  SubscribeOptions,
  SubscriptionOptions,
} from '@asyngular/channels';
import { TimeoutError } from '@asyngular/protocol';
import type { Interruption } from '@asyngular/protocol/internal';
import { type Core, owned } from '../core.js';

/** Shortest wait for an answer. A tiny `ackTimeout` says that calls may fail fast, not that the server
 *  should be asked in a loop. */
const MIN_WAIT_MS = 1_000;

/** A channel that is wanted. Unsubscribed channels have no entry. */
interface Subscription {
  readonly name: string;
  state: ChannelState;
  wish: ChannelOptions;
  /** Forgets the request that the server has not answered yet; undefined when there is none. */
  forget?: (() => void) | undefined;
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
 * Invariant: a request waits for its answer only while pending on an open connection.
 */
export function createSubscriptions(core: Core) {
  /** In creation order, which decides between equal priorities. */
  const wanted = new Map<string, Subscription>();

  function subscribe(name: string, options?: SubscribeOptions): void {
    let subscription = wanted.get(name);
    if (!subscription) {
      subscription = { name, state: 'unsubscribed', wish: copyOptions(options) };
      wanted.set(name, subscription);
      move(subscription, 'pending');
    } else if (options) {
      // Without options the earlier ones stay: losing waitForAuth would subscribe too early.
      subscription.wish = copyOptions(options);
    }
    request(subscription);
  }

  function unsubscribe(name: string): void {
    const subscription = wanted.get(name);
    if (subscription) {
      const isKnownToServer = subscription.state === 'subscribed' || subscription.forget;
      leave(subscription);
      if (isKnownToServer && core.state === 'open') {
        core.outlet.send({ event: '#unsubscribe', data: wireName(name) });
      }
    }
  }

  /** Channel name as the server knows it. */
  function wireName(name: string): string {
    return (core.options.channelPrefix ?? '') + name;
  }

  /** What an inbound packet's channel is here, if it is wanted: its name may or may not have the prefix. */
  function wantedAs(channel: string): Subscription | undefined {
    const prefix = wireName('');
    return wanted.get(channel.startsWith(prefix) ? channel.slice(prefix.length) : channel);
  }

  /** Requests every eligible channel: highest priority first, then in creation order. */
  function processPending(): void {
    if (core.state === 'open') {
      core.preparingPendingSubscriptions = false;
      const subscriptions = [...wanted.values()];
      subscriptions.sort((a, b) => (b.wish.priority ?? 0) - (a.wish.priority ?? 0));
      for (const subscription of subscriptions) {
        request(subscription);
      }
    }
  }

  /** `#kickOut`: the server took the socket out of the channel. Unknown channels are ignored. */
  function onKickOut(channel: string, message: unknown): void {
    const subscription = wantedAs(channel);
    if (subscription) {
      const { name } = subscription;
      core.emit('kickOut', { channel: name, message });
      core.channelStreams.emit(name, 'kickOut', { message });
      leave(subscription);
    }
  }

  /** `#interruption`: publications may have been missed, on one channel or on all subscribed ones. */
  function onInterruption({ channel, ...interruption }: Interruption): void {
    for (const subscription of channel === undefined ? wanted.values() : [wantedAs(channel)]) {
      if (subscription?.state === 'subscribed') {
        core.channelStreams.emit(subscription.name, 'interruption', interruption);
      }
    }
  }

  /** Every channel becomes pending. */
  function onConnectionLost(): void {
    core.preparingPendingSubscriptions = false;
    for (const subscription of wanted.values()) {
      if (subscription.state === 'subscribed') {
        move(subscription, 'pending');
      }
    }
  }

  /**
   * Sends `#subscribe` if the channel is eligible: see docs/client.md, subscriptions. Without an answer
   * it is sent again, or the channel would stay pending for ever; then the wait is twice as long, since
   * the server may be slow. Repeating it does no harm: servers confirm an existing subscription.
   */
  function request(
    subscription: Subscription,
    waitMs = Math.max(core.options.ackTimeout, MIN_WAIT_MS),
  ): void {
    const { name, state, wish, forget } = subscription;
    const { waitForAuth, priority, ...rest } = wish;
    if (
      state === 'pending' &&
      !forget &&
      core.state === 'open' &&
      !core.preparingPendingSubscriptions &&
      mayAsk(wish)
    ) {
      const subscriptionOptions: SubscriptionOptions = {
        ...(waitForAuth && { waitForAuth }),
        ...rest,
      };
      subscription.forget = core.requests.callNow(
        '#subscribe',
        { channel: wireName(name), ...subscriptionOptions },
        waitMs,
        () => {
          subscription.forget = undefined;
          move(subscription, 'subscribed', { subscriptionOptions });
        },
        (error) => {
          subscription.forget = undefined;
          if (error instanceof TimeoutError) {
            request(subscription, waitMs * 2);
          } else if (core.state === 'open' && mayAsk(subscription.wish)) {
            // Else the connection is lost or authentication lapsed, and the channel goes on waiting.
            leave(subscription);
            tell(name, { subscribeFail: { error, subscriptionOptions } });
          }
        },
      );
      core.emit('subscribeRequest', { channel: name, subscriptionOptions });
    }
  }

  function mayAsk({ waitForAuth }: ChannelOptions): boolean {
    return !waitForAuth || core.authState === 'authenticated';
  }

  function leave(subscription: Subscription): void {
    subscription.forget?.();
    wanted.delete(subscription.name);
    move(subscription, 'unsubscribed');
  }

  /** One transition: the event of each object that names it follows its `subscribeStateChange`. */
  function move(
    subscription: Subscription,
    newChannelState: ChannelState,
    sent?: { subscriptionOptions: SubscriptionOptions },
  ): void {
    const { name, state: oldChannelState } = subscription;
    subscription.state = newChannelState;
    tell(name, {
      subscribeStateChange: { oldChannelState, newChannelState, ...sent },
      ...(sent && { subscribe: sent }),
      ...(oldChannelState === 'subscribed' && { unsubscribe: {} }),
    });
  }

  /** Emits events on the channel, then on the socket, where they name the channel. */
  function tell(channel: string, events: Record<string, object>): void {
    for (const [name, payload] of Object.entries(events)) {
      core.channelStreams.emit(channel, name, payload);
    }
    for (const [name, payload] of Object.entries(events)) {
      core.emit(name as any, { channel, ...payload } as any);
    }
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
    wanted,
    subscribe,
    unsubscribe,
    wireName,
    wantedAs,
    processPending,
    onKickOut,
    onInterruption,
    onConnectionLost,
  };
}
