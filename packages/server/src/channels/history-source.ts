import type { LogPosition } from '@asyngular/broker';
import type { ChannelHistory, Published } from '@asyngular/channels';
import type { Subscriber } from './channel-source.js';
import type { FollowerStart } from './exchange-follower.js';

/** What the exchange needs of the channels with history. `null` is a position that no log has. */
export interface HistorySource {
  isRecoverable(channel: string): boolean;
  publish(channel: string, data: unknown, request: PublishRequest): Published | Promise<Published>;
  subscribe(
    channel: string,
    subscriber: Subscriber,
    request: BeginRequest,
  ): FollowerStart | Promise<FollowerStart | undefined>;
  history(channel: string, query: HistoryQuery): ChannelHistory | Promise<ChannelHistory>;
}

interface PublishRequest {
  readonly id?: string | undefined;
}

/** How a subscription is to begin. */
export interface BeginRequest {
  readonly recover?: LogPosition | null | undefined;
  readonly rewind?: number | undefined;
  readonly isStrict?: boolean | undefined;
}

/** Which piece of a log to read. */
export interface HistoryQuery {
  readonly limit: number;
  readonly before?: LogPosition | null | undefined;
  readonly after?: LogPosition | null | undefined;
  readonly order: 'newest' | 'oldest';
  readonly maxBytes: number;
}
