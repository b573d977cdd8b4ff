import type { Operations } from '@asyngular/streams/internal';
import * as operations from '@asyngular/streams/internal';
import type { ChannelConsumerStats } from './channel-owner.js';

/** The methods of a channel that manage the loops over its data. */
export interface OutputMethods {
  /** Ends the data loops after their backlog. */
  closeOutput(): void;

  /** Ends the data loops at once. */
  killOutput(): void;

  /** Kills one data loop by consumer id; ids of other channels are ignored. */
  killOutputConsumer(id: number): void;

  /** Statistics of one data loop; `undefined` when the id is not of this channel. */
  getOutputConsumerStats(id: number): ChannelConsumerStats | undefined;

  /** Statistics of the data loops, in creation order. */
  getOutputConsumerStatsList(): ChannelConsumerStats[];

  /** Number of data loops. */
  getOutputConsumerCount(): number;

  /** The longest backlog of the data loops. */
  getOutputBackpressure(): number;

  /** Backlog of one data loop; 0 when the id is not of this channel. */
  getOutputConsumerBackpressure(id: number): number;

  /** Whether a data loop of this channel has this id. */
  hasOutputConsumer(id: number): boolean;
}

/** The functions behind them, applied to the channel's one data stream. */
export const outputMethods = {
  closeOutput: operations.closeAll,
  killOutput: operations.killAll,
  killOutputConsumer: operations.killConsumer,
  getOutputConsumerStats: operations.getConsumerStats,
  getOutputConsumerStatsList: operations.getConsumerStatsListAll,
  getOutputConsumerCount: operations.getConsumerCountAll,
  getOutputBackpressure: operations.getBackpressureAll,
  getOutputConsumerBackpressure: operations.getConsumerBackpressure,
  hasOutputConsumer: operations.hasConsumerAll,
} satisfies Operations<OutputMethods, operations.Streams>;
