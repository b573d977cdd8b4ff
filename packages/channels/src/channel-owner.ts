import type { ConsumerStats } from '@asyngular/streams';
import type { ChannelStreams } from './channel-streams.js';
import type { ChannelOptions, ChannelState, SubscribeOptions } from './channel-types.js';
import type { ChannelHistory, HistoryOptions, Published, PublishOptions } from './history-types.js';
import type { ChannelPresence } from './presence-types.js';

/**
 * Keeps the state of channels: the client socket, or the server's exchange. An {@link AGChannel} is only a
 * name and an owner, so all handles of one name are equivalent.
 */
export interface ChannelOwner {
  /** @internal The streams of all channels of this owner. */
  readonly channelStreams: ChannelStreams;
  subscribe(name: string, options?: SubscribeOptions): unknown;
  unsubscribe(name: string): unknown;
  isSubscribed(name: string, includePending?: boolean): boolean;
  transmitPublish(name: string, data?: unknown, options?: PublishOptions): Promise<void>;
  invokePublish(
    name: string,
    data?: unknown,
    options?: PublishOptions,
  ): Promise<Published | undefined>;
  history(name: string, options?: HistoryOptions): Promise<ChannelHistory>;
  getChannelState(name: string): ChannelState;
  getChannelOptions(name: string): ChannelOptions;
  getChannelPosition(name: string): string | null;
  /** Only clients can be members of their channels. */
  channelPresence?(name: string): ChannelPresence;
}

/** A consumer's statistics; `stream` is the channel, or `<channel>/<event>` for listeners. */
export type ChannelConsumerStats = ConsumerStats;
