import type { Operations } from '@asyngular/streams/internal';
import * as operations from '@asyngular/streams/internal';
import type { ChannelConsumerStats } from './channel-owner.js';
import type { ChannelEventName } from './channel-types.js';

/** The methods of a channel owner that manage the loops over the events of its channels. */
export interface ChannelListenerMethods {
  /** Ends the loops over one event of the channel after their backlog. */
  channelCloseListener(name: string, event: ChannelEventName): void;

  /** Ends the loops over one event of the channel at once. */
  channelKillListener(name: string, event: ChannelEventName): void;

  /** Ends all event loops of the channel after their backlog. */
  channelCloseAllListeners(name: string): void;

  /** Ends all event loops of the channel at once. */
  channelKillAllListeners(name: string): void;

  /** Ends the event loops of every channel after their backlog. */
  closeAllChannelListeners(): void;

  /** Ends the event loops of every channel at once. */
  killAllChannelListeners(): void;

  /** Kills one event loop of any channel by consumer id; an unknown id is ignored. */
  killChannelListenerConsumer(id: number): void;

  /** Statistics of one event loop of any channel. */
  getChannelListenerConsumerStats(id: number): ChannelConsumerStats | undefined;

  /** Statistics of the loops over one event of a channel. */
  channelGetListenerConsumerStatsList(
    name: string,
    event: ChannelEventName,
  ): ChannelConsumerStats[];

  /** Statistics of all event loops of a channel. */
  channelGetAllListenersConsumerStatsList(name: string): ChannelConsumerStats[];

  /** Statistics of the event loops of every channel. */
  getAllChannelListenersConsumerStatsList(): ChannelConsumerStats[];

  /** Number of the loops over one event of a channel. */
  channelGetListenerConsumerCount(name: string, event: ChannelEventName): number;

  /** Number of all event loops of a channel. */
  channelGetAllListenersConsumerCount(name: string): number;

  /** Number of the event loops of every channel. */
  getAllChannelListenersConsumerCount(): number;

  /** The longest backlog of the loops over one event of the channel. */
  channelGetListenerBackpressure(name: string, event: ChannelEventName): number;

  /** The longest backlog of all event loops of the channel. */
  channelGetAllListenersBackpressure(name: string): number;

  /** The longest backlog of the event loops of every channel. */
  getAllChannelListenersBackpressure(): number;

  /** Backlog of one event loop of any channel; 0 when unknown. */
  getChannelListenerConsumerBackpressure(id: number): number;

  /** Whether a loop over this event of this channel has this id. */
  channelHasListenerConsumer(name: string, event: ChannelEventName, id: number): boolean;

  /** Whether any event loop of this channel has this id. */
  channelHasAnyListenerConsumer(name: string, id: number): boolean;

  /** Whether an event loop of any channel has this id. */
  hasAnyChannelListenerConsumer(id: number): boolean;
}

/** Applies `operation` to the events of one channel: that is the first argument of the method. */
const ofChannel =
  <Args extends unknown[], Result>(
    operation: (events: operations.Streams, ...args: Args) => Result,
  ) =>
  (listeners: operations.Streams, channel: string, ...args: Args): Result =>
    operation(operations.streamsBelow(listeners, channel), ...args);

/** The functions behind them, applied to the listeners of the owner by channel. */
export const channelListenerMethods = {
  ...operations.wholeMethods('ChannelListener'),
  channelCloseListener: ofChannel(operations.close),
  channelKillListener: ofChannel(operations.kill),
  channelCloseAllListeners: operations.close,
  channelKillAllListeners: operations.kill,
  channelGetListenerConsumerStatsList: ofChannel(operations.getConsumerStatsList),
  channelGetAllListenersConsumerStatsList: operations.getConsumerStatsList,
  channelGetListenerConsumerCount: ofChannel(operations.getConsumerCount),
  channelGetAllListenersConsumerCount: operations.getConsumerCount,
  channelGetListenerBackpressure: ofChannel(operations.getBackpressure),
  channelGetAllListenersBackpressure: operations.getBackpressure,
  channelHasListenerConsumer: ofChannel(operations.hasConsumer),
  channelHasAnyListenerConsumer: operations.hasConsumer,
} satisfies Operations<ChannelListenerMethods, operations.Streams>;
