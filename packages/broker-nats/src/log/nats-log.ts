import type { LogPolicy, LogPosition, ReadOptions } from '@asyngular/broker';
import type {
  LogTransport,
  StoredEntry,
  StoredPage,
  TransportAppend,
} from '@asyngular/broker/transport';
import type { NatsConnection } from '@nats-io/nats-core';
import { type InterestLink, Interests } from '../interests.js';
import { channelToSubject } from '../subject.js';
import { JetStreamApi } from './api.js';
import { LogAppender } from './appender.js';
import { LogEnds } from './ends.js';
import { KnownEnds } from './known-ends.js';
import { LiveEntries } from './live-entries.js';
import { LogPages } from './pages.js';
import { StreamReader } from './reader.js';
import { NoAnswerError, NoRespondersError, Requests } from './requests.js';
import { classOf, type NatsLogOptions } from './stream-config.js';
import { type LogStream, LogStreams } from './streams.js';
import { isTemporary } from './temporary.js';

/** Republishing with direct gets came with this version. */
const OLDEST: readonly [number, number] = [2, 9];

/** Appends of one channel without an answer. Where their order is not certain, they leave one message at a time. */
const MAX_IN_FLIGHT = 32;

/** What a `NatsLog` needs of the transport it belongs to. */
export interface NatsLogHost extends InterestLink {
  onEntry(channel: string, entry: StoredEntry): void;
  onWarning(error: Error): void;
  /** Connects anew, which makes the server compare where its channels and their logs are. */
  reset(reason: string): void;
}

/** What a `NatsLog` is made of. */
export interface NatsLogSetup {
  readonly prefix: string;
  /** A subject for answers that nobody else has. */
  readonly inbox: string;
  readonly interestDelayMs: number;
  /** How long, in ms, an append may be tried again. */
  readonly patienceMs: number;
  readonly options: NatsLogOptions;
}

/** The logs of channels on JetStream. */
export class NatsLog implements LogTransport {
  readonly #host: NatsLogHost;
  readonly #prefix: string;
  readonly #requests: Requests;
  readonly #api: JetStreamApi;
  readonly #streams: LogStreams;
  readonly #reader: StreamReader;
  readonly #known = new KnownEnds();
  readonly #ends: LogEnds;
  readonly #pages: LogPages;
  readonly #appender: LogAppender;
  readonly #live: LiveEntries;
  readonly #interests: Interests<string>;
  #connection: NatsConnection | undefined;

  constructor(host: NatsLogHost, setup: NatsLogSetup) {
    const { prefix, inbox, interestDelayMs, patienceMs, options } = setup;
    this.#host = host;
    this.#prefix = prefix;
    this.#requests = new Requests(inbox);
    this.#api = new JetStreamApi(this.#requests);
    this.#streams = new LogStreams(
      this.#api,
      { ...options, prefix, resendMs: 2 * patienceMs },
      {
        onReborn: (name) => this.#onLost(`the JetStream stream ${name} was lost and made anew`),
        onWarning: host.onWarning,
      },
    );
    this.#reader = new StreamReader(this.#requests, this.#api);
    this.#ends = new LogEnds(this.#api, this.#streams, this.#known);
    this.#pages = new LogPages(this.#api, this.#streams, this.#reader, this.#ends, this.#known);
    this.#appender = new LogAppender({
      requests: this.#requests,
      api: this.#api,
      streams: this.#streams,
      keepsOrder: (stream) => this.#keepsOrder(stream),
    });
    this.#live = new LiveEntries(prefix, this.#streams, this.#known, {
      onEntry: host.onEntry,
      onRolledBack: (name) =>
        this.#onLost(`the JetStream stream ${name} went back to an older state`),
      onWarning: host.onWarning,
    });
    this.#interests = new Interests(
      host,
      (channel) => channelToSubject(`${prefix}.live.*`, channel),
      (channel, message) => this.#live.receive(channel, message),
      interestDelayMs,
    );
  }

  /** Resolves when this connection can be used for logs; rejects with what has to be done before. */
  async prepare(): Promise<void> {
    const { version = '', max_payload: maxPayload } = this.#connection?.info ?? {};
    const [major = 0, minor = 0] = version.split('.').map(Number);
    if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
      throw new Error(
        `NATS server ${version} is too old for channels with history; they need ${OLDEST.join('.')} or later`,
      );
    }
    this.#reader.setVersion(version);
    this.#streams.setVersion(version);
    if (maxPayload) this.#appender.setMaxPayload(maxPayload);
    try {
      await this.#api.checkAccount();
    } catch (cause) {
      if (!(cause instanceof NoRespondersError)) throw cause;
      throw new Error(
        'Channels with history need JetStream, and this NATS server runs without; start it with -js, or configure no history',
        { cause },
      );
    }
  }

  maxInFlight(): number {
    return MAX_IN_FLIGHT;
  }

  append(append: TransportAppend): void {
    this.#appender.append(append);
  }

  isTemporary(error: Error): boolean {
    return isTemporary(error);
  }

  isUnanswered(error: Error): boolean {
    return error instanceof NoAnswerError;
  }

  follow(channels: readonly string[]): Promise<void> {
    for (const channel of channels) this.#known.follow(channel);
    return this.#interests.add(channels);
  }

  async unfollow(channel: string): Promise<void> {
    this.#known.unfollow(channel);
    this.#live.unfollow(channel);
    if (this.#interests.remove(channel) && this.#connection) {
      await this.#host.flush(this.#connection);
    }
  }

  read(channel: string, options: ReadOptions, policy: LogPolicy): Promise<StoredPage> {
    return this.#pages.read(channel, options, policy);
  }

  async tops(
    channels: readonly { readonly channel: string; readonly policy: LogPolicy }[],
  ): Promise<ReadonlyMap<string, LogPosition>> {
    const groups = new Map<number, { policy: LogPolicy; channels: string[] }>();
    for (const { channel, policy } of channels) {
      const sizeClass = classOf(policy.size);
      const group = groups.get(sizeClass);
      if (group) group.channels.push(channel);
      else groups.set(sizeClass, { policy, channels: [channel] });
    }
    const answers = await Promise.all(
      [...groups.values()].map((group) => this.#ends.ask(group.policy, group.channels)),
    );
    return new Map(answers.flatMap(({ tops }) => [...tops]));
  }

  // For the transport ----------------------------------------------------------------------------

  connected(connection: NatsConnection): void {
    this.#connection = connection;
    this.#streams.doubtAll();
    this.#requests.open(connection);
  }

  disconnected(): void {
    this.#connection = undefined;
    this.#requests.interrupt();
    this.#live.restart();
  }

  /** The server does not let this connection publish on a subject. */
  refuse(subject: string, cause: Error): void {
    const needs = `$JS.API.> and ${this.#prefix}.log.>`;
    const message = `The NATS server forbids this user to publish on ${subject}; logs need permission to publish on ${needs}, and to subscribe to ${this.#prefix}.live.> and to inboxes`;
    this.#requests.refuse(subject, new Error(message, { cause }));
  }

  /** The connection and its subscriptions are gone for good. */
  forgetConnection(): void {
    this.#interests.forget();
  }

  close(): void {
    this.#interests.removeAll();
    this.#requests.close();
  }

  /**
   * A stand-alone server stores in the order in which it was sent to. Within a cluster what is passed from one server
   * to another, or from a leader to its successor, can get lost in the middle.
   */
  #keepsOrder({ isInMemory }: LogStream): boolean {
    return isInMemory && this.#connection?.info?.cluster === undefined;
  }

  /** What is known of logs is void. */
  #onLost(reason: string): void {
    this.#known.forgetEnds();
    // Not within the callback of a connection that this ends.
    setImmediate(() => {
      if (this.#connection) this.#host.reset(reason);
    });
  }
}
