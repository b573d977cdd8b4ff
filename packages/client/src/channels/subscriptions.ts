import type { SubscribeOptions, SubscriptionOptions } from '@asyngular/channels';
import type { ChannelStreams } from '@asyngular/channels/internal';
import { protocolEvents, TimeoutError } from '@asyngular/protocol';
import {
  type Interruption,
  type Joined,
  type KickOut,
  type PositionNotice,
  type Publication,
  parseSubscribeReply,
} from '@asyngular/protocol/internal';
import { development } from '#development';
import { type ConnectionState, canRecover } from '../connection/connection-state.js';
import type { Context } from '../context.js';
import { defined } from '../defined.js';
import type { Outlet } from '../messages/outlet.js';
import type { Requests } from '../messages/requests.js';
import { LogPlace } from './log-place.js';
import type { Presence } from './presence.js';
import {
  copyOptions,
  isKnownToServer,
  MIN_WAIT_MS,
  type MutableSubscription,
  type Subscription,
} from './subscription.js';
import { createSubscriptionStates } from './subscription-states.js';

/** The subscription of every channel of one socket. */
export interface Subscriptions {
  /** By name, in the order of creation, which decides between equal priorities. */
  readonly wanted: ReadonlyMap<string, Subscription>;
  /** True from the opened connection until the pending subscriptions are processed. */
  readonly isPreparing: boolean;
  subscribe(name: string, options?: SubscribeOptions): void;
  unsubscribe(name: string): void;
  /** A channel's name as the server knows it. */
  wireName(name: string): string;
  /** The other way round; servers may leave out the prefix. */
  nameOf(wireName: string): string;
  /** Requests every channel that may be requested: highest priority first, then in the order of creation. */
  processPending(): void;
  /** A connection is open; nothing is requested before `processPending()`. */
  onConnectionOpen(): void;
  /** Every subscribed channel becomes pending. */
  onConnectionLost(): void;
  /** The socket is connected to another server now, and asks it for the channels that it has. */
  onMoved(): void;
  /** Channels that waited for authentication are requested. */
  onAuthStateChange(): void;
  /** `#publish`: publications of subscribed and pending channels go to their loops, others are ignored. */
  onPublication(publication: Publication): void;
  /**
   * `#kickOut`: a server took the socket out of the channel; if it is not the one in use, that one hears of it. Unknown
   * channels are ignored.
   */
  onKickOut(kickOut: KickOut, isInUse: boolean): void;
  /** `#joined`: the server has subscribed the socket to the channel. */
  onJoined(joined: Joined): void;
  /** `#interruption`: publications may have been missed, on one channel or on all subscribed ones. */
  onInterruption(interruption: Interruption): void;
  /** `#position`: the subscription has come so far in the channel's log without a publication. */
  onPosition(notice: PositionNotice): void;
}

/** What else of the socket subscriptions use. */
export interface SubscriptionsNeeds {
  readonly connection: Pick<ConnectionState, 'state' | 'link' | 'isParting'>;
  readonly requests: Pick<Requests, 'callNow'>;
  readonly outlet: Pick<Outlet, 'send'>;
  readonly channelStreams: ChannelStreams;
  readonly presence: Pick<Presence, 'onSubscribe' | 'request' | 'onConfirmed' | 'onLeft'>;
  isAuthenticated(): boolean;
}

/** Invariant: a request waits for its answer only while pending on an open connection. */
export function createSubscriptions(
  context: Context,
  { connection, requests, outlet, channelStreams, presence, isAuthenticated }: SubscriptionsNeeds,
): Subscriptions {
  const { platform } = context;
  const { move, announce } = createSubscriptionStates(context, channelStreams);
  const wanted = new Map<string, MutableSubscription>();
  let isPreparing = false;
  let moveTimer: unknown;

  function subscribe(name: string, options?: SubscribeOptions): void {
    development?.assertSubscribeOptions(options);
    let subscription = wanted.get(name);
    if (!subscription) {
      const log = new LogPlace(options?.since);
      subscription = { name, state: 'unsubscribed', wish: copyOptions(context, options), log };
      wanted.set(name, subscription);
      move(subscription, 'pending');
    } else if (options) {
      // Without options the earlier ones stay: losing waitForAuth would subscribe too early.
      subscription.wish = copyOptions(context, options);
    }
    subscription.isByServer = false;
    presence.onSubscribe(name, options?.presence);
    request(subscription);
  }

  function unsubscribe(name: string): void {
    const subscription = wanted.get(name);
    if (!subscription) {
      return;
    }
    const isKnown = isKnownToServer(subscription);
    leave(subscription);
    if (isKnown && isListening()) {
      outlet.send({ event: protocolEvents.unsubscribe, data: wireName(name) });
    }
  }

  function wireName(name: string): string {
    return (context.options.channelPrefix ?? '') + name;
  }

  function nameOf(channel: string): string {
    const prefix = wireName('');
    return channel.startsWith(prefix) ? channel.slice(prefix.length) : channel;
  }

  /** The subscription that an inbound packet is about, if any. */
  function wantedAs(channel: string): MutableSubscription | undefined {
    return wanted.get(nameOf(channel));
  }

  function processPending(): void {
    if (connection.state !== 'open') {
      return;
    }
    isPreparing = false;
    const subscriptions = [...wanted.values()];
    subscriptions.sort((a, b) => (b.wish.priority ?? 0) - (a.wish.priority ?? 0));
    for (const subscription of subscriptions) {
      request(subscription);
    }
  }

  function onAuthStateChange(): void {
    if (!isPreparing) {
      processPending();
    }
  }

  function onPublication({ channel, data, place }: Publication): void {
    const subscription = wantedAs(channel);
    // Until the server has confirmed a subscription, what comes of a log belongs to one that was given up before it.
    if (!subscription || (place && subscription.forget && subscription.isNew)) {
      return;
    }
    const { name, log } = subscription;
    // Before the data, so that what a loop stores with them is their own position.
    const recovered = place !== undefined && log.onPublication(place);
    const { position } = log;
    channelStreams.publish(name, data);
    if (position !== null) {
      channelStreams.emit(name, 'publication', { data, position, recovered });
    }
  }

  function onPosition({ channel, place }: PositionNotice): void {
    wantedAs(channel)?.log.onPublication(place);
  }

  function onKickOut({ channel, message }: KickOut, isInUse: boolean): void {
    const subscription = wantedAs(channel);
    if (!subscription) {
      return;
    }
    const { name } = subscription;
    context.emit('kickOut', { channel: name, message });
    channelStreams.emit(name, 'kickOut', { message });
    if (isInUse) {
      leave(subscription);
    } else {
      unsubscribe(name);
    }
  }

  function onJoined({ channel, reply }: Joined): void {
    const name = nameOf(channel);
    let subscription = wanted.get(name);
    if (!subscription) {
      const log = new LogPlace(undefined);
      subscription = { name, state: 'unsubscribed', wish: {}, log, isByServer: true };
      wanted.set(name, subscription);
      move(subscription, 'pending');
      presence.onSubscribe(name, undefined);
    }
    subscription.isNew = false;
    // The answer to a request under way says the same, and more.
    if (isUnconfirmed(subscription)) {
      subscription.log.onConfirmed(reply);
      confirm(subscription, { subscriptionOptions: {}, byServer: true });
      presence.onConfirmed(name, undefined);
    }
  }

  function onInterruption({ channel, position, ...interruption }: Interruption): void {
    const subscription = channel === undefined ? undefined : wantedAs(channel);
    if (subscription && position !== undefined && canRecover(connection)) {
      // It precedes the confirmation of a subscription that could not be recovered.
      subscription.log.moveTo(position);
      channelStreams.emit(subscription.name, 'interruption', { ...interruption, position });
      return;
    }
    for (const concerned of channel === undefined ? wanted.values() : [subscription]) {
      // What a channel with a log has missed is delivered, or reported with a position.
      if (concerned?.state === 'subscribed' && !concerned.log.isKnown) {
        channelStreams.emit(concerned.name, 'interruption', interruption);
      }
    }
  }

  function onConnectionOpen(): void {
    isPreparing = true;
  }

  function onMoved(): void {
    for (const subscription of wanted.values()) {
      subscription.log.onConnectionLost(platform.now());
      subscription.forget = undefined;
      if (mayAsk(subscription)) {
        subscription.isMoving = true;
      } else {
        suspend(subscription);
      }
    }
    onAuthStateChange();
    // Those that the former server made are made again by the application there, or have ended.
    platform.clearTimeout(moveTimer);
    moveTimer = platform.setTimeout(() => {
      for (const subscription of wanted.values()) {
        if (subscription.isByServer && subscription.isMoving) {
          leave(subscription);
        }
      }
    }, context.options.ackTimeout);
  }

  function onConnectionLost(): void {
    platform.clearTimeout(moveTimer);
    isPreparing = false;
    for (const subscription of wanted.values()) {
      subscription.log.onConnectionLost(platform.now());
      if (subscription.isByServer) {
        leave(subscription);
      } else {
        suspend(subscription);
      }
    }
  }

  /**
   * Sends `#subscribe` if the channel may be requested: see docs/client.md, subscriptions. Without an answer
   * it is sent again, or the channel would stay pending for ever; then the wait is twice as long, since
   * the server may be slow. Repeating it does no harm: servers confirm an existing subscription.
   */
  function request(
    subscription: MutableSubscription,
    waitMs = Math.max(context.options.ackTimeout, MIN_WAIT_MS),
    isNew = canRecover(connection),
  ): void {
    if (!mayRequest(subscription)) {
      return;
    }
    subscription.isNew = isNew;
    const { name, log } = subscription;
    const { waitForAuth, data } = subscription.wish;
    const subscriptionOptions: SubscriptionOptions = defined({
      waitForAuth: waitForAuth || undefined,
      data,
    });
    const packetData = {
      channel: wireName(name),
      ...subscriptionOptions,
      ...recoveryOf(subscription),
      ...presence.request(name),
    };
    subscription.forget = requests.callNow(protocolEvents.subscribe, packetData, waitMs, {
      resolve(answer) {
        const reply = parseSubscribeReply(canRecover(connection) ? answer : undefined);
        subscription.forget = undefined;
        log.onConfirmed(reply);
        confirm(subscription, { subscriptionOptions }, reply.recovered);
        presence.onConfirmed(name, answer);
      },
      reject(error) {
        subscription.forget = undefined;
        if (error instanceof TimeoutError) {
          request(subscription, waitMs * 2, false);
          return;
        }
        // Else the connection is lost or authentication lapsed, and the channel goes on waiting.
        if (connection.state !== 'open') {
          return;
        }
        if (mayAsk(subscription)) {
          leave(subscription, error);
          announce(name, { subscribeFail: { error, subscriptionOptions } });
          if (subscription.wish.orThrow) {
            channelStreams.fail(name, error);
          }
        } else {
          suspend(subscription);
        }
      },
    });
    context.emit('subscribeRequest', { channel: name, subscriptionOptions });
  }

  /** What the request says about the channel's log, to servers that know of one. */
  function recoveryOf({ log, wish }: Subscription): object | undefined {
    const { rewind, mode } = wish;
    return canRecover(connection)
      ? defined({ ...log.beginning(platform.now()), rewind, mode })
      : undefined;
  }

  function mayRequest(subscription: MutableSubscription): boolean {
    return (
      isUnconfirmed(subscription) &&
      !subscription.isByServer &&
      isListening() &&
      !isPreparing &&
      mayAsk(subscription)
    );
  }

  /** The server hears of channels. One that is being left does not: the next one hears of them all. */
  function isListening(): boolean {
    return connection.state === 'open' && !connection.isParting;
  }

  /** Neither has the server confirmed it, nor was it asked to. */
  function isUnconfirmed({ state, isMoving, forget }: MutableSubscription): boolean {
    return (isMoving || state === 'pending') && !forget;
  }

  /** To the application nothing has changed if the socket has only moved. */
  function confirm(
    subscription: MutableSubscription,
    sent: Parameters<typeof move>[2],
    recovered?: boolean,
  ): void {
    subscription.isMoving = false;
    if (subscription.state === 'pending') {
      move(subscription, 'subscribed', sent, recovered);
    }
  }

  /** It goes on waiting. */
  function suspend(subscription: MutableSubscription): void {
    subscription.isMoving = false;
    if (subscription.state === 'subscribed') {
      move(subscription, 'pending');
    }
  }

  function mayAsk({ wish }: Subscription): boolean {
    return !wish.waitForAuth || isAuthenticated();
  }

  function leave(subscription: MutableSubscription, error?: unknown): void {
    subscription.forget?.();
    wanted.delete(subscription.name);
    presence.onLeft(subscription.name, error);
    move(subscription, 'unsubscribed');
  }

  return {
    wanted,
    get isPreparing() {
      return isPreparing;
    },
    subscribe,
    unsubscribe,
    wireName,
    nameOf,
    processPending,
    onConnectionOpen,
    onConnectionLost,
    onMoved,
    onAuthStateChange,
    onPublication,
    onKickOut,
    onJoined,
    onInterruption,
    onPosition,
  };
}
