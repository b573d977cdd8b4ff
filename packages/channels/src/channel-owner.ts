import type { ConsumerStats } from '@asyngular/streams';
import type { ChannelStreams } from './channel-streams.js';
import type { ChannelOptions, ChannelState, SubscribeOptions } from './channel-types.js';

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
  transmitPublish(name: string, data?: unknown): Promise<void>;
  invokePublish(name: string, data?: unknown): Promise<void>;
  getChannelState(name: string): ChannelState;
  getChannelOptions(name: string): ChannelOptions;
}

/** A consumer's statistics; `stream` is the channel, or `<channel>/<event>` for listeners. */
export type ChannelConsumerStats = ConsumerStats;
