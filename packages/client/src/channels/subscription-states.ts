import type { ChannelState } from '@asyngular/channels';
import type { ChannelStreams } from '@asyngular/channels/internal';
import { development } from '#development';
import type { Context } from '../context.js';
import { defined } from '../defined.js';
import type { Predecessors } from '../development/transitions.js';
import type { ClientEvents } from '../events.js';
import type { MutableSubscription } from './subscription.js';

/** Events of one step, in their order, without the channel's name. */
type ChannelNews = {
  [Name in 'subscribeStateChange' | 'subscribe' | 'subscribeFail' | 'unsubscribe']?: Omit<
    ClientEvents[Name],
    'channel'
  >;
};

const predecessors: Predecessors<ChannelState> = {
  pending: ['unsubscribed', 'subscribed'],
  subscribed: ['pending'],
  unsubscribed: ['pending', 'subscribed'],
};

/**
 * Moves subscriptions from state to state, and says so in events of the channel and of the socket.
 *
 *   unsubscribed ──subscribe()──▶ pending ──confirmed──▶ subscribed
 *        ▲                         │  ▲                      │
 *        └── unsubscribe, refusal ─┘  └── connection lost ───┤
 *        └──────────── unsubscribe, kick-out ────────────────┘
 */
export function createSubscriptionStates(context: Context, channelStreams: ChannelStreams) {
  /** The only way to another state. Each event follows its `subscribeStateChange`. */
  function move(
    subscription: MutableSubscription,
    newChannelState: ChannelState,
    sent?: Pick<ClientEvents['subscribe'], 'subscriptionOptions' | 'byServer'>,
    recovered?: boolean,
  ): void {
    const { name, state: oldChannelState } = subscription;
    development?.assertTransition(predecessors, oldChannelState, newChannelState);
    subscription.state = newChannelState;
    announce(name, {
      subscribeStateChange: { oldChannelState, newChannelState, ...sent },
      ...(sent && { subscribe: defined({ ...sent, recovered }) }),
      ...(oldChannelState === 'subscribed' && { unsubscribe: {} }),
    });
  }

  /** Emits events on the channel, then on the socket, where they name the channel. */
  function announce(channel: string, news: ChannelNews): void {
    const events = Object.entries(news) as [keyof ChannelNews, object][];
    for (const [name, payload] of events) {
      channelStreams.emit(channel, name, payload);
    }
    for (const [name, payload] of events) {
      // The compiler does not see that the name and the payload belong together.
      context.emit(name, { channel, ...payload } as ClientEvents[typeof name]);
    }
  }

  return { move, announce };
}
