import type { Operations } from '@asyngular/streams/internal';
import * as operations from '@asyngular/streams/internal';
import type { ChannelConsumerStats } from './channel-owner.js';

/** The methods of a channel owner that manage the loops over the data of its channels. */
export interface ChannelOutputMethods {
  /** Ends only the channel's data loops after their backlog. */
  channelCloseOutput(name: string): void;

  /** Ends only the channel's data loops at once. */
  channelKillOutput(name: string): void;

  /** Ends the data loops of every channel after their backlog. */
  closeAllChannelOutputs(): void;

  /** Ends the data loops of every channel at once. */
  killAllChannelOutputs(): void;

  /** Kills one data loop of any channel by consumer id; an unknown id is ignored. */
  killChannelOutputConsumer(id: number): void;

  /** Statistics of one data loop of any channel. */
  getChannelOutputConsumerStats(id: number): ChannelConsumerStats | undefined;

  /** Statistics of a channel's data loops, in creation order. */
  channelGetOutputConsumerStatsList(name: string): ChannelConsumerStats[];

  /** Statistics of the data loops of every channel. */
  getAllChannelOutputsConsumerStatsList(): ChannelConsumerStats[];

  /** Number of a channel's data loops. */
  channelGetOutputConsumerCount(name: string): number;

  /** Number of the data loops of every channel. */
  getAllChannelOutputsConsumerCount(): number;

  /** The longest backlog of the channel's data loops. */
  channelGetOutputBackpressure(name: string): number;

  /** The longest backlog of the data loops of every channel. */
  getAllChannelOutputsBackpressure(): number;

  /** Backlog of one data loop of any channel; 0 when unknown. */
  getChannelOutputConsumerBackpressure(id: number): number;

  /** Whether a data loop of this channel has this id. */
  channelHasOutputConsumer(name: string, id: number): boolean;

  /** Whether a data loop of any channel has this id. */
  hasAnyChannelOutputConsumer(id: number): boolean;
}

/** The functions behind them, applied to the data streams of the owner by channel. */
export const channelOutputMethods = {
  ...operations.wholeMethods('ChannelOutput'),
  channelCloseOutput: operations.close,
  channelKillOutput: operations.kill,
  channelGetOutputConsumerStatsList: operations.getConsumerStatsList,
  channelGetOutputConsumerCount: operations.getConsumerCount,
  channelGetOutputBackpressure: operations.getBackpressure,
  channelHasOutputConsumer: operations.hasConsumer,
} satisfies Operations<ChannelOutputMethods, operations.Streams>;
