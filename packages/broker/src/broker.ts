import type { ChannelLog, LiveEntry, LogPolicy } from './log.js';
import type { BrokerEvent, BrokerStatus } from './status.js';

/** One publication as it travels: exactly what the publishing server encoded, never parsed on the way. */
export type BrokerPayload = string | Uint8Array;

/** One publication as another server receives it. */
export interface BrokerMessage {
  /** The publisher's encoding, of the same kind (text or bytes) as it was handed to `publish()`. */
  readonly payload: BrokerPayload;
  /** Id of the server process that published it; a restarted process has another one. */
  readonly node: string;
  /**
   * Grows with every message that node publishes, on whatever channel. Only its order means anything
   * to a receiver: brokers find gaps and repeats themselves before a message gets here.
   */
  readonly sequence: number;
  /** See `PublishOrigin.except`. */
  readonly except?: string | undefined;
}

/** What a server hands to its broker: two functions, called synchronously and never concurrently. */
export interface BrokerSink {
  /**
   * A message another node published on a channel this node subscribed to. Never called for the
   * node's own publications (the server's hub has served them), never twice for one message, and in
   * publishing order for each publisher and channel. Messages of different publishers interleave as
   * they arrive. Must not throw.
   */
  onMessage(channel: string, message: BrokerMessage): void;
  /**
   * A publication on a channel that this node follows (`ChannelLog.follow`), of this node or another one. Entries
   * of a channel come in the order of its log as far as the service keeps it; one may be missing, which
   * the next one's `previous` shows, or come twice. Must not throw. Absent: this node keeps no logs.
   */
  onEntry?(channel: string, entry: LiveEntry): void;
  /** How much of a channel is kept; `undefined`: nothing, and `ChannelLog` is not called for it. */
  policyOf?(channel: string): LogPolicy | undefined;
  /** Changes of `status`, interruptions and background failures, in the order they happened. */
  onEvent(event: BrokerEvent): void;
}

/** On whose behalf a message is published, such as the socket of a client. */
export interface PublishOrigin {
  /** True once it has left for good. What it published and the broker has not accepted is then dropped. */
  readonly isClosed: boolean;
  /**
   * Who is not to get it, on whatever node: 1 to 64 ASCII characters that name a client. It travels beside the payload, and
   * stands beside it in logs; brokers do nothing else with it.
   */
  readonly except?: string | undefined;
}

/** Options of `Broker.close()`. */
export interface BrokerCloseOptions {
  /** The longest that closing may take, in ms. Default: the broker's own, 5,000 between processes. */
  timeoutMs?: number;
}

/** Counters since `start()`, for health reports and metrics. Reading them costs nothing. */
export interface BrokerStats {
  /** Publishes waiting for the broker to accept them; `queuedBytes` is their payload. */
  readonly queuedMessages: number;
  readonly queuedBytes: number;
  /** Channels this node has asked for and not given back. */
  readonly subscriptions: number;
  /** Messages accepted by the broker, and messages handed to `onMessage`. */
  readonly published: number;
  readonly received: number;
  /** Messages dropped because the same one, or a later one of its publisher, had been delivered. */
  readonly duplicates: number;
  /** Interruptions announced. */
  readonly interruptions: number;
}

/**
 * Carries publications between server processes. One instance serves one server.
 *
 * What every broker promises (the duties `B…` of `@asyngular/broker/conformance`):
 * - **At most once** between servers: a message may be lost, it is never delivered twice.
 * - **Order**: per publisher and channel, publishing order; nothing is promised across publishers.
 * - **No echo**: a node never receives its own messages. The server delivers them to its local
 *   subscribers itself, when `publish()` is called, so a publisher's own subscribers see its messages
 *   at once and may see them before, or after, concurrent messages of other nodes.
 * - **No silent loss**: whenever messages may have been missed, an `interruption` event says on which
 *   channel (or all) and within which time.
 */
export interface Broker {
  /** Short name for logs and health reports: `memory`, `nats`, `redis`. */
  readonly name: string;
  /** True if no other node can be reached, ever: servers then do not look for each other. */
  readonly isAlone?: boolean;
  /** Where it connects to, for messages, without credentials. Absent in memory. */
  readonly address?: string;
  /** Id of this node, new for every instance; other nodes see it as `BrokerMessage.node`. */
  readonly node: string;
  /** See `BrokerStatus`. Every change is also an event. */
  readonly status: BrokerStatus;

  /**
   * Starts connecting and delivers to `sink` from now on. Returns nothing when the broker is usable at
   * once (in memory), otherwise a promise for the first connection. An unreachable broker is retried
   * for ever with `warning` events, so the promise is rejected only by `close()`. Throws
   * `BrokerStateError` when called twice. `publish` and `subscribe` may be called without waiting.
   */
  start(sink: BrokerSink): void | Promise<void>;

  /**
   * Sends a message to every other node subscribed to `channel`, any string up to 1,000 characters.
   * Done (returned, or resolved) means: the broker accepted it. It does not mean that any subscriber
   * has it. While the broker is unreachable messages wait, bounded in number, bytes and time; then the
   * promise rejects with `BrokerUnavailableError`. Publishers who await the promise are slowed to the
   * broker's pace. Calls are sent in the order they were made, also after a reconnect. Never throws
   * synchronously.
   *
   * `origin` is who publishes. What waits when it is closed is not sent any more and rejects with
   * `BrokerUnavailableError` (`abandoned`), so that a client which moved to another node does not see
   * its older messages arrive after its newer ones.
   */
  publish(channel: string, payload: BrokerPayload, origin?: PublishOrigin): void | Promise<void>;

  /**
   * Asks for the messages of a channel. Done means: every message accepted by the broker from now on
   * will be delivered, or announced as missed. The server calls it once for its first local subscriber;
   * brokers count nothing, so a repeat is harmless and needs only one `unsubscribe`. Rejects with
   * `BrokerUnavailableError` when the broker could not be asked in time; then nothing is subscribed.
   * Subscriptions survive reconnects.
   */
  subscribe(channel: string): void | Promise<void>;

  /**
   * Gives a channel back, after its last local subscriber. No message of that channel is delivered once
   * the call has returned; its promise says when the broker knows. Unknown channels are ignored.
   */
  unsubscribe(channel: string): void | Promise<void>;

  /**
   * How far this node is on a channel: for each node the `sequence` of the last message that `onMessage` was given, and for
   * this one of the last that it has published. `undefined` while that cannot be said, because the broker is away.
   * A server tells it to the one that a client moves to, so that nothing is delivered twice. Absent: brokers that cannot
   * say it; clients that move are then told of a possible hole.
   */
  heard?(channel: string): ReadonlyMap<string, number> | undefined;

  /**
   * Settles when `onMessage` was given everything that the broker had accepted before the call, on the channels of this
   * node. Rejects when that cannot be found out. Absent: that is always so.
   */
  caughtUp?(): void | Promise<void>;

  /** Logs of channels, if this broker keeps any; see the server's option `channels`. */
  readonly log?: ChannelLog;

  /** Counters since `start()`. */
  stats(): BrokerStats;

  /**
   * Lets waiting publishes finish, gives all channels back and frees the connections it opened itself; a
   * connection the caller handed in stays open. All of that within `timeoutMs`, whatever the service
   * does: what waits then rejects with `BrokerUnavailableError` (`closed`), as do later calls, and no
   * timer, socket or attempt to connect is left. May be called twice; never rejects.
   */
  close(options?: BrokerCloseOptions): Promise<void>;
}
