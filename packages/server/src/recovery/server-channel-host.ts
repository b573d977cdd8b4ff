import {
  type ChannelLog,
  formatPosition,
  type LogEntry,
  type LogPage,
  type ReadOptions,
} from '@asyngular/broker';
import { BrokerError } from '@asyngular/protocol';
import type { ChannelHub, HubOwner } from '../channels/channel-hub.js';
import type { Subscriber } from '../channels/channel-source.js';
import type { PatternTraffic } from '../metrics/channel-traffic.js';
import type { DurationHistogram } from '../metrics/histogram.js';
import type { Publication } from '../outbound/publication.js';
import { recoveryChannel } from '../tracing/channels.js';
import type { RecoveryTrace } from '../tracing/messages.js';
import { beginRecovery } from '../tracing/recovery-trace.js';
import { deadlines } from '../turns/deadlines.js';
import type { TurnQueue } from '../turns/turn-queue.js';
import type { ChannelHost, Interruption, RecentBudget, RecoveryCounters } from './channel-host.js';
import type { ChannelPolicy } from './channel-policy.js';
import { type EntryContext, PublishedEntry } from './published-entry.js';

/** What recoverable channels need of the server; read at call time, because engines and codecs can be swapped. */
export interface RecoveryOwner extends HubOwner {
  readonly server: object;
  readonly hub: ChannelHub;
  /** How long subscribers that came back took to get what they had missed. */
  readonly recoveryDurations: DurationHistogram;
}

/** What all recoverable channels of a server share. */
export interface RecoveryShared {
  readonly owner: RecoveryOwner;
  readonly log: ChannelLog;
  readonly counters: RecoveryCounters;
  readonly recentBudget: RecentBudget;
  /** Steps of those that catch up. */
  readonly turns: TurnQueue;
}

/** One recoverable channel of a server: its log, and its subscribers. */
export class ServerChannelHost implements ChannelHost {
  readonly channel: string;
  readonly #shared: RecoveryShared;
  readonly #policy: ChannelPolicy;
  readonly #traffic: PatternTraffic;
  readonly #entryContext: EntryContext;
  #hasWarned = false;

  constructor(channel: string, policy: ChannelPolicy, shared: RecoveryShared) {
    this.channel = channel;
    this.#policy = policy;
    this.#shared = shared;
    this.#traffic = shared.owner.traffic.of(channel);
    this.#entryContext = { channel, owner: shared.owner };
  }

  get ttlMs(): number {
    return this.#policy.log.ttlMs;
  }

  get rewind(): number {
    return this.#policy.rewind;
  }

  get maxBytes(): number {
    return this.#policy.log.maxBytes;
  }

  get counters(): RecoveryCounters {
    return this.#shared.counters;
  }

  get recentBudget(): RecentBudget {
    return this.#shared.recentBudget;
  }

  read(options: ReadOptions): LogPage | Promise<LogPage> {
    return this.#shared.log.read(this.channel, options);
  }

  wrap(entry: LogEntry): PublishedEntry {
    return new PublishedEntry(this.#entryContext, entry);
  }

  broadcast(entry: PublishedEntry, behind: ReadonlyMap<Subscriber, unknown>): void {
    const subscribers = this.#shared.owner.hub.subscribersOf(this.channel);
    if (subscribers.size === 0) return;
    const publication = this.#readable(() => entry.encode());
    if (publication === null) return;
    // Nearly always nobody is behind, and each subscriber costs one call. One that becomes slow has this one.
    if (behind.size === 0) {
      this.#traffic.deliveries += subscribers.size;
      for (const subscriber of subscribers) subscriber.deliver(publication);
      return;
    }
    for (const subscriber of subscribers) {
      if (behind.has(subscriber)) continue;
      this.#traffic.deliveries++;
      subscriber.deliver(publication);
    }
  }

  send(subscriber: Subscriber, entry: PublishedEntry): void {
    this.#shared.turns.count(1);
    const publication = this.#readable(() => entry.publication);
    if (publication === null) return;
    this.#shared.counters.replayed++;
    this.#traffic.deliveries++;
    subscriber.deliver(publication);
  }

  traceRecovery(subscriber: Subscriber): RecoveryTrace | undefined {
    if (!recoveryChannel.hasSubscribers) return undefined;
    const { channel } = this;
    return beginRecovery({ server: this.#shared.owner.server, channel, socket: subscriber.socket });
  }

  onRecovered(ms: number): void {
    this.#shared.owner.recoveryDurations.add(ms);
  }

  interruptAll(interruption: Interruption, behind: ReadonlyMap<Subscriber, unknown>): void {
    for (const subscriber of this.#shared.owner.hub.subscribersOf(this.channel)) {
      if (!behind.has(subscriber)) this.interrupt(subscriber, interruption);
    }
  }

  interrupt(subscriber: Subscriber, { position, ...times }: Interruption): void {
    subscriber.interrupted({
      channel: this.channel,
      ...times,
      position: formatPosition(position),
    });
  }

  now(): number {
    return performance.now();
  }

  wallNow(): number {
    return Date.now();
  }

  run(work: () => void): void {
    this.#shared.turns.run(work);
  }

  after(ms: number, work: () => void): void {
    deadlines.add(ms, work, undefined);
  }

  warn(error: unknown): void {
    this.#shared.owner.emitWarning(
      new BrokerError(`Failed to read the log of the ${this.channel} channel - ${error}`, {
        cause: error,
      }),
    );
  }

  /** What is no publication is passed over, with one warning for the channel. */
  #readable(read: () => Publication | null): Publication | null {
    let reason: unknown = 'something that is not a publication on it';
    try {
      const publication = read();
      if (publication !== null) return publication;
    } catch (error) {
      reason = `what the codec cannot read (${error})`;
    }
    if (!this.#hasWarned) {
      this.#hasWarned = true;
      this.#shared.owner.emitWarning(
        new BrokerError(
          `The log of the ${this.channel} channel has ${reason}, and it was passed over; who else may write to ` +
            'the broker, or does that server have another codec? Further ones are passed over silently',
        ),
      );
    }
    return null;
  }
}
