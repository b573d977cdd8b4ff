import type { Appended, LogPolicy, LogPosition, ReadOptions } from '@asyngular/broker';
import type { LogTransport, StoredEntry, StoredPage } from '@asyngular/broker/transport';
import type { Msg, NatsConnection } from '@nats-io/nats-core';
import { type InterestLink, Interests } from '../interests.js';
import { channelToSubject } from '../subject.js';
import { JetStreamApi } from './api.js';
import { LogAppender } from './appender.js';
import { isFresh, LogEnds } from './ends.js';
import { KnownEnds } from './known-ends.js';
import { LogPages } from './pages.js';
import { tagOf } from './places.js';
import { StreamReader } from './reader.js';
import { NoRespondersError, Requests } from './requests.js';
import { classOf, type NatsLogOptions } from './stream-config.js';
import { type LogStream, LogStreams } from './streams.js';

/** Republishing with direct gets came with this version. */
const OLDEST: readonly [number, number] = [2, 9];

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
  /** How long, in ms, an append is tried while a stream has no leader. */
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
  readonly #interests: Interests<string>;
  #connection: NatsConnection | undefined;
  #hasWarnedOfClass = false;

  constructor(host: NatsLogHost, setup: NatsLogSetup) {
    const { prefix, inbox, interestDelayMs, patienceMs, options } = setup;
    this.#host = host;
    this.#prefix = prefix;
    this.#requests = new Requests(inbox);
    this.#api = new JetStreamApi(this.#requests);
    this.#streams = new LogStreams(this.#api, prefix, options, {
      onReborn: (name) => this.#onLost(`the JetStream stream ${name} was lost and made anew`),
      onWarning: host.onWarning,
    });
    this.#reader = new StreamReader(this.#requests, this.#api);
    this.#ends = new LogEnds(this.#api, this.#streams, this.#known);
    this.#pages = new LogPages(this.#api, this.#streams, this.#reader, this.#ends, this.#known);
    this.#appender = new LogAppender(this.#requests, this.#api, this.#streams, patienceMs);
    this.#interests = new Interests(
      host,
      (channel) => channelToSubject(`${prefix}.live.*`, channel),
      (channel, message) => this.#onLive(channel, message),
      interestDelayMs,
    );
  }

  /** Resolves when this connection can be used for logs; rejects with what has to be done before. */
  async prepare(): Promise<void> {
    const version = this.#connection?.info?.version ?? '';
    const [major = 0, minor = 0] = version.split('.').map(Number);
    if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
      throw new Error(
        `NATS server ${version} is too old for channels with history; they need ${OLDEST.join('.')} or later`,
      );
    }
    this.#reader.setVersion(version);
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

  append(
    channel: string,
    data: Uint8Array,
    options: { readonly id: string | undefined; readonly policy: LogPolicy },
  ): Promise<Appended> {
    return this.#appender.append({ channel, data, ...options });
  }

  follow(channels: readonly string[]): Promise<void> {
    for (const channel of channels) this.#known.follow(channel);
    return this.#interests.add(channels);
  }

  async unfollow(channel: string): Promise<void> {
    this.#known.unfollow(channel);
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
    this.#known.restart();
    this.#requests.open(connection);
  }

  disconnected(): void {
    this.#connection = undefined;
    this.#requests.interrupt();
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

  // Live entries ---------------------------------------------------------------------------------

  #onLive(channel: string, { subject, headers, data }: Msg): void {
    const sizeClass = Number.parseInt(subject.slice(this.#prefix.length + '.live.'.length), 10);
    const stream = this.#streams.ofClass(sizeClass);
    const offset = Number(headers?.get('Nats-Sequence'));
    // Without a question about this stream before, its answer will tell of this entry.
    if (!stream || !Number.isSafeInteger(offset)) return;
    const known = this.#known.get(channel);
    if (known && known.position.epoch !== stream.epoch && this.#isForeign(known.position, stream)) {
      this.#warnOfClass(channel, stream);
      return;
    }
    const atMs = Date.now();
    const position = { epoch: stream.epoch, offset, tag: tagOf(data) };
    const before = Number(headers?.get('Nats-Last-Sequence'));
    const isSilenceBefore = known !== undefined && isFresh(known, stream, atMs);
    const previous = before || (isSilenceBefore ? known.position.offset : undefined);
    const isLater = this.#known.advance(channel, { position, until: offset, atMs }, before > 0);
    this.#host.onEntry(channel, { position, previous, data });
    if (!isLater) this.#onLost(`the JetStream stream ${stream.name} went back to an older state`);
  }

  /** The end we know belongs to another stream that exists: servers disagree on the channel's size. */
  #isForeign({ epoch }: LogPosition, stream: LogStream): boolean {
    return this.#streams.all().some((other) => other !== stream && other.epoch === epoch);
  }

  #warnOfClass(channel: string, { name }: LogStream): void {
    if (this.#hasWarnedOfClass) return;
    this.#hasWarnedOfClass = true;
    this.#host.onWarning(
      new Error(
        `Another server keeps the history of channel ${JSON.stringify(channel)} in stream ${name}, this one does not: their options give it sizes of different magnitude. Until they agree, subscribers of one miss what is published at the other. Further channels are not reported`,
      ),
    );
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
