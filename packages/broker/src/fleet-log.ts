import { BrokerUnavailableError } from '@asyngular/errors';
import type { BrokerPayload, BrokerSink } from './broker.js';
import { FleetAppender } from './fleet-appender.js';
import { type AnswerLimit, Interests } from './interests.js';
import type {
  Appended,
  AppendOptions,
  ChannelLog,
  LogPage,
  LogPolicy,
  LogPosition,
  LogStats,
  ReadOptions,
} from './log.js';
import { LogDecoder } from './log-decoder.js';
import type { LogTransport, StoredEntry } from './log-transport.js';
import type { ResolvedFleetOptions } from './options.js';
import { Questions } from './questions.js';

/** Channels asked for by one question for the ends of logs. */
const TOPS_PORTION = 100;

/** What a `FleetLog` needs of the broker it belongs to. */
export interface FleetLogHost {
  readonly node: string;
  /** Why nothing can be asked for now, if so. */
  refusal(action: string): BrokerUnavailableError | undefined;
  onWarning(error: Error): void;
}

/** The logs of a `FleetBroker`, over any `LogTransport`. */
export class FleetLog implements ChannelLog {
  readonly #transport: LogTransport;
  readonly #host: FleetLogHost;
  readonly #appender: FleetAppender;
  readonly #questions: Questions;
  readonly #interests: Interests;
  readonly #decoder: LogDecoder;
  #sink: BrokerSink | undefined;
  #reads = 0;
  #tops = 0;

  constructor(transport: LogTransport, options: ResolvedFleetOptions, host: FleetLogHost) {
    this.#transport = transport;
    this.#host = host;
    this.#decoder = new LogDecoder(host.onWarning);
    this.#appender = new FleetAppender(host.node, transport, options, this.#policyOf);
    this.#questions = new Questions(options, transport);
    this.#interests = new Interests(options.timeoutMs, {
      ask: (channels) => transport.follow(channels),
      giveBack: (channel) => transport.unfollow(channel),
      onWarning: host.onWarning,
    });
  }

  /** See `ChannelLog.append()`. */
  append(channel: string, payload: BrokerPayload, options: AppendOptions = {}): Promise<Appended> {
    const refusal = this.#host.refusal('append to a log');
    if (refusal) return Promise.reject(refusal);
    return this.#appender.append(channel, payload, options);
  }

  /** See `ChannelLog.follow()`. */
  follow(channel: string): void | Promise<void> {
    const refusal = this.#host.refusal('follow a log');
    return refusal ? Promise.reject(refusal) : this.#interests.want(channel);
  }

  /** See `ChannelLog.unfollow()`. */
  unfollow(channel: string): void | Promise<void> {
    this.#decoder.forget(channel);
    return this.#interests.release(channel);
  }

  /** See `ChannelLog.read()`. */
  async read(channel: string, options: ReadOptions): Promise<LogPage> {
    this.#reads++;
    const policy = this.#policyOrRefusal(channel, 'read a log');
    const what = `a read of the log of channel ${JSON.stringify(channel)}`;
    for (let where = options; ; ) {
      const send = () => this.#transport.read(channel, where, policy);
      const page = await this.#questions.ask(what, send);
      const entries = this.#decoder.page(channel, page.entries);
      const [first] = page.entries;
      if (entries.length > 0 || !first || !page.hasMore) return { ...page, entries };
      // A page of unreadable entries: its reader would have nothing to go on from.
      const { limit, maxBytes, after } = where;
      where = after
        ? { limit, maxBytes, after: page.entries.at(-1)!.position }
        : { limit, maxBytes, before: first.position };
    }
  }

  /** See `ChannelLog.tops()`. */
  async tops(channels: readonly string[]): Promise<ReadonlyMap<string, LogPosition>> {
    this.#tops++;
    const asked = channels.map((channel) => ({
      channel,
      policy: this.#policyOrRefusal(channel, 'ask for the end of a log'),
    }));
    const tops = new Map<string, LogPosition>();
    for (let start = 0; start < asked.length; start += TOPS_PORTION) {
      const portion = asked.slice(start, start + TOPS_PORTION);
      const send = () => this.#transport.tops(portion);
      const answer = await this.#questions.ask('where logs end', send);
      for (const [channel, top] of answer) tops.set(channel, top);
    }
    return tops;
  }

  /** Counters since the start. */
  stats(): LogStats {
    return {
      appended: this.#appender.appended,
      duplicates: this.#appender.duplicates,
      reads: this.#reads,
      tops: this.#tops,
      channels: 0,
      publications: 0,
      bytes: 0,
      evictions: 0,
    };
  }

  // For the broker -------------------------------------------------------------------------------

  get queuedMessages(): number {
    return this.#appender.queuedMessages;
  }

  get queuedBytes(): number {
    return this.#appender.queuedBytes;
  }

  start(sink: BrokerSink): void {
    this.#sink = sink;
  }

  /** See `Interests.restore()`. */
  async restore(limit: AnswerLimit): Promise<() => void> {
    const prepared = this.#sink?.policyOf && this.#transport.prepare?.();
    if (prepared) await limit(prepared);
    return this.#interests.restore(limit);
  }

  connected(): void {
    this.#appender.connected();
    this.#questions.connected();
  }

  disconnected(): void {
    this.#interests.disconnected();
    this.#appender.disconnected();
    this.#questions.disconnected();
  }

  /** A live entry has come from the service. */
  receive(channel: string, stored: StoredEntry): void {
    if (!this.#interests.table.get(channel)) return;
    const entry = this.#decoder.live(channel, stored);
    if (!entry) return;
    try {
      this.#sink?.onEntry?.(channel, entry);
    } catch (cause) {
      // It would otherwise surface in the client library and could end its reader.
      this.#host.onWarning(new Error('onEntry must not throw', { cause }));
    }
  }

  /** Resolves when no append waits any more; what was published by somebody who has left is dropped. */
  drain(): Promise<void> {
    this.#appender.dropAbandoned();
    return this.#appender.drained();
  }

  /** The time for waiting appends is over. */
  failAppends(reason: string): void {
    this.#appender.failAll(reason);
  }

  failAll(error: Error): void {
    this.#questions.failAll(error);
    this.#interests.table.failAll(error);
  }

  readonly #policyOf = (channel: string): LogPolicy | undefined => this.#sink?.policyOf?.(channel);

  /** Throws within promises only. */
  #policyOrRefusal(channel: string, action: string): LogPolicy {
    const refusal = this.#host.refusal(action);
    if (refusal) throw refusal;
    const policy = this.#policyOf(channel);
    if (policy) return policy;
    const message = `Cannot ${action}: the server keeps no history of channel ${JSON.stringify(channel)}; name it in the option channels`;
    throw new BrokerUnavailableError(message, 'refused');
  }
}
