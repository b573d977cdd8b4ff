import type { ChannelHistory, Published } from '@asyngular/channels';
import type { Subscriber } from './channel-source.js';
import type {
  HistoryQuery,
  PublishRequest,
  Subscribed,
  SubscribeRequest,
} from './history-requests.js';

/** What the exchange needs of the channels with history. */
export interface HistorySource {
  isRecoverable(channel: string): boolean;
  publish(channel: string, data: unknown, request: PublishRequest): Published | Promise<Published>;
  subscribe(
    channel: string,
    subscriber: Subscriber,
    request: SubscribeRequest,
  ): Subscribed | Promise<Subscribed | undefined>;
  history(channel: string, query: HistoryQuery): ChannelHistory | Promise<ChannelHistory>;
}
