import { type Appended, formatPosition, type LiveEntry } from '@asyngular/broker';
import type { ChannelHistory, Published } from '@asyngular/channels';
import { refusedPublish } from '../channels/channel-hub.js';
import type { ChannelSource, Subscriber } from '../channels/channel-source.js';
import type {
  HistoryQuery,
  PublishRequest,
  Subscribed,
  SubscribeRequest,
} from '../channels/history-requests.js';
import { deadlines } from '../turns/deadlines.js';
import { TurnQueue } from '../turns/turn-queue.js';
import { isAway } from './away.js';
import type { RecoveryStats } from './channel-host.js';
import type { ChannelPolicy, ChannelPolicyOf } from './channel-policy.js';
import { Healer } from './healer.js';
import { readHistory } from './history.js';
import { type Done, type Outcome, RecoverableChannel } from './recoverable-channel.js';
import {
  type RecoveryOwner,
  type RecoveryShared,
  ServerChannelHost,
} from './server-channel-host.js';

/**
 * Publications that subscribers who catch up get in one turn of the event loop, before the other sockets have theirs;
 * each subscriber counts for one more.
 */
const PUBLICATIONS_PER_TURN = 1_000;

/** Memory of the last publications of all channels whose log is elsewhere; beyond it each keeps one. */
const MAX_RECENT_BYTES = 67_108_864;

/**
 * The channels of a server that have a log: who is where on them, what is missing, and how it is delivered. A server
 * without such channels has none of this.
 */
export class RecoverableChannels {
  /** What the hub asks for channels: those with a log are followed, the others come from the broker. */
  readonly source: ChannelSource;
  readonly policyOf: ChannelPolicyOf;
  readonly #shared: RecoveryShared;
  readonly #healer: Healer;
  /** Those that the broker was asked to follow. */
  readonly #channels = new Map<string, RecoverableChannel>();

  /** The broker must have a log. */
  constructor(owner: RecoveryOwner, policyOf: ChannelPolicyOf) {
    this.policyOf = policyOf;
    const { broker } = owner;
    const log = broker.log!;
    this.#shared = {
      owner,
      log,
      counters: {
        recovered: 0,
        unrecovered: 0,
        reads: 0,
        gaps: 0,
        healed: 0,
        interruptions: 0,
        replayed: 0,
      },
      recentBudget: { bytes: 0, limitBytes: MAX_RECENT_BYTES },
      turns: new TurnQueue(PUBLICATIONS_PER_TURN),
    };
    this.#healer = new Healer({
      tops: (channels) => log.tops(channels),
      compare: (channel, top) => this.#channels.get(channel)?.feed.compare(top) ?? false,
      after: (ms, work) => void deadlines.add(ms, work, undefined),
      warn: (error) => owner.emitWarning(error),
    });
    this.source = {
      subscribe: (channel) => {
        const policy = policyOf(channel);
        return policy === undefined ? broker.subscribe(channel) : this.#follow(channel, policy);
      },
      unsubscribe: (channel) => {
        return policyOf(channel) === undefined ? broker.unsubscribe(channel) : this.#drop(channel);
      },
      left: (channel, subscriber) => this.#channels.get(channel)?.leave(subscriber),
    };
  }

  isRecoverable(channel: string): boolean {
    return this.policyOf(channel) !== undefined;
  }

  /**
   * Publishes. Done means: it is in the log, and subscribers of this server have it. Rejects with `BrokerError`; throws
   * when the data has no encoding.
   */
  publish(
    channel: string,
    data: unknown,
    { id, origin }: PublishRequest = {},
  ): Published | Promise<Published> {
    const { owner, log } = this.#shared;
    const message = owner.codecs.encodePublication(channel, data);
    owner.onPublish(channel, data, message.length);
    owner.traffic.of(channel).publications++;
    const appended = log.append(channel, message, { id, origin });
    if (!(appended instanceof Promise)) return this.#published(channel, appended);
    return appended.then(
      (done) => this.#published(channel, done),
      (cause: unknown) => Promise.reject(refusedPublish(channel, cause)),
    );
  }

  /**
   * Subscribes a socket, once more or for the first time. Rejects with `UnrecoverablePositionError` if it must, and when
   * the broker refuses the channel; then the caller takes the socket out of the hub. `undefined`: the socket has left the
   * channel meanwhile, and may have subscribed anew.
   */
  subscribe(
    channel: string,
    subscriber: Subscriber,
    request: SubscribeRequest = {},
  ): Subscribed | Promise<Subscribed | undefined> {
    const { hub } = this.#shared.owner;
    if (hub.subscribersOf(channel).has(subscriber)) {
      const known = this.#channels.get(channel)!;
      return outcomeOf((done) => known.subscribeAgain(subscriber, done));
    }
    const state = this.#open(channel, this.policyOf(channel)!);
    const catchUp = state.admit(subscriber);
    const joined = hub.add(channel, subscriber);
    const begin = () => outcomeOf((done) => state.subscribe(catchUp, request, done));
    return joined === undefined ? begin() : joined.then(begin);
  }

  /** Reads a piece of the log, without subscribing; see `readHistory`. */
  history(channel: string, query: HistoryQuery): ChannelHistory | Promise<ChannelHistory> {
    const { log, owner } = this.#shared;
    return readHistory(log, owner, channel, query);
  }

  /** Where this server is on a channel that it follows. */
  positionOf(channel: string): string | undefined {
    const state = this.#channels.get(channel);
    return state?.feed.hasBegun ? formatPosition(state.cursor) : undefined;
  }

  /** A live publication from the broker. */
  receive(channel: string, entry: LiveEntry): void {
    this.#channels.get(channel)?.receive(entry);
  }

  /** The connection to the broker is gone: what comes next is held until the ends have been compared. */
  suspect(): void {
    for (const { feed } of this.#channels.values()) feed.suspect();
  }

  /** Live publications may be missing, on one channel or all: the ends are compared. */
  heal(channel?: string): void {
    this.#healer.heal(channel);
  }

  /** The subscriber's unsent bytes are above the high-water mark, so that publications wait in the log; or not any more. */
  onPressure(subscriber: Subscriber, subscriptions: Iterable<string>, isSlow: boolean): void {
    for (const channel of subscriptions) {
      const state = this.#channels.get(channel);
      if (!isSlow) state?.drained(subscriber);
      // Of a last value a slow socket gets the newest one, and its outbox sees to that.
      else if (this.policyOf(channel)?.overflow !== 'latest') state?.slowed(subscriber);
    }
  }

  stats(): RecoveryStats {
    let catchingUp = 0;
    for (const { behindCount } of this.#channels.values()) catchingUp += behindCount;
    return { followed: this.#channels.size, catchingUp, ...this.#shared.counters };
  }

  /** The broker is being closed. */
  close(): void {
    this.#healer.close();
    for (const state of this.#channels.values()) state.close();
    this.#channels.clear();
  }

  #open(channel: string, policy: ChannelPolicy): RecoverableChannel {
    let state = this.#channels.get(channel);
    if (state === undefined) {
      state = new RecoverableChannel(new ServerChannelHost(channel, policy, this.#shared));
      this.#channels.set(channel, state);
    }
    return state;
  }

  /** Settles when every publication from now on arrives, and where the log ends is known. */
  #follow(channel: string, policy: ChannelPolicy): void | Promise<void> {
    const state = this.#open(channel, policy);
    const followed = this.#shared.log.follow(channel);
    const begun = followed ? followed.then(() => state.feed.begin()) : state.feed.begin();
    // Meanwhile the channel may have been given back, and asked for again.
    const isWanted = () => this.#channels.get(channel) === state;
    const begin = () => {
      if (isWanted()) this.#healer.add(channel);
    };
    return begun === undefined
      ? begin()
      : begun.then(begin, (error: unknown) => {
          // The hub asks again when the broker was only away.
          if (isWanted() && !isAway(error)) this.#drop(channel);
          throw error;
        });
  }

  #drop(channel: string): void | Promise<void> {
    this.#healer.remove(channel);
    this.#channels.get(channel)?.close();
    this.#channels.delete(channel);
    return this.#shared.log.unfollow(channel);
  }

  /** Those who follow the channel here have it before the publisher has the answer (P6.8). */
  #published(channel: string, { position, duplicate }: Appended): Published | Promise<Published> {
    const published = { position: formatPosition(position), duplicate };
    const delivered = this.#channels.get(channel)?.feed.whenDelivered(position);
    return delivered === undefined ? published : delivered.then(() => published);
  }
}

/** What a subscription comes to: at once if nothing has to be waited for. */
function outcomeOf(start: (done: Done) => void): Subscribed | Promise<Subscribed | undefined> {
  let known: Outcome;
  let isKnown = false;
  let settle: Done = (outcome) => {
    known = outcome;
    isKnown = true;
  };
  start((outcome) => settle(outcome));
  if (known instanceof Error) return Promise.reject(known);
  if (isKnown) return known ?? Promise.resolve(undefined);
  return new Promise((resolve, reject) => {
    settle = (outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome));
  });
}
