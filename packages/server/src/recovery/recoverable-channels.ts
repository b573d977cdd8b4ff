import type { LiveEntry } from '@asyngular/broker';
import type { ChannelSource, Subscriber } from '../channels/channel-hub.js';
import type { ChannelPolicy } from './channel-policy.js';
import type {
  HistoryPage,
  HistoryQuery,
  Published,
  PublishRequest,
  RecoveryStats,
  Subscribed,
  SubscribeRequest,
} from './requests.js';

/**
 * The channels of a server that have a log: who is where on them, what is missing, and how it is delivered. A server
 * without such channels has none of this.
 */
export interface RecoverableChannels {
  /** What the hub asks for channels: those with a log are followed, the others come from the broker. */
  readonly source: ChannelSource;
  policyOf(channel: string): ChannelPolicy | undefined;
  isRecoverable(channel: string): boolean;

  /** Publishes. Done means: it is in the log, and subscribers of this server have it. Rejects with `BrokerError`; throws when the data has no encoding. */
  publish(channel: string, data: unknown, request?: PublishRequest): Published | Promise<Published>;

  /**
   * Subscribes a socket, once more or for the first time. Rejects with `UnrecoverablePositionError` if it must, and when the broker refuses
   * the channel; then the caller takes the socket out of the hub (`hub.remove`).
   */
  subscribe(
    channel: string,
    subscriber: Subscriber,
    request?: SubscribeRequest,
  ): Subscribed | Promise<Subscribed>;

  /** Reads a piece of the log, without subscribing. Rejects with `UnrecoverablePositionError` and `BrokerError`. */
  history(channel: string, query: HistoryQuery): HistoryPage | Promise<HistoryPage>;

  /** A live publication from the broker. */
  receive(channel: string, entry: LiveEntry): void;
  /** The connection to the broker is gone: what comes next is held until the ends have been compared. */
  suspect(): void;
  /** Live publications may be missing, on one channel or all: the ends are compared. */
  heal(channel?: string): void;

  /** The subscriber's unsent bytes are above the high-water mark. */
  slowed(subscriber: Subscriber): void;
  /** They are not any more. */
  drained(subscriber: Subscriber): void;

  stats(): RecoveryStats;
  close(): void;
}
