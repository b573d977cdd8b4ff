import { BrokerUnavailableError } from '@asyngular/errors';
import type { BrokerPayload, BrokerSink } from './broker.js';
import type {
  Appended,
  AppendOptions,
  ChannelLog,
  LiveEntry,
  LogPage,
  LogPolicy,
  LogPosition,
  LogStats,
  ReadOptions,
} from './log.js';
import type { LogNode, SharedLog } from './shared-log.js';

/** The logs as one memory broker sees them: with its server's policies, and with its own counters. */
export class NodeLog implements ChannelLog, LogNode {
  readonly #shared: SharedLog;
  #sink: BrokerSink | undefined;
  #appended = 0;
  #duplicates = 0;
  #reads = 0;
  #tops = 0;

  constructor(shared: SharedLog) {
    this.#shared = shared;
  }

  /** Takes calls from now on. Resolves when the store is open; calls before that wait for it. */
  start(sink: BrokerSink): void | Promise<void> {
    this.#sink = sink;
    return this.#shared.join(this);
  }

  /** Refuses everything from now on. */
  stop(): void | Promise<void> {
    if (!this.#sink) return;
    this.#sink = undefined;
    return this.#shared.leave(this);
  }

  append(
    channel: string,
    payload: BrokerPayload,
    { id, origin }: AppendOptions = {},
  ): Appended | Promise<Appended> {
    const policy = this.#policyOf(channel);
    if (policy instanceof Error) return Promise.reject(policy);
    const appended = this.#shared.store.append(channel, payload, policy, id, origin?.except);
    return appended instanceof Promise
      ? appended.then((done) => this.#count(done))
      : this.#count(appended);
  }

  follow(channel: string): void | Promise<void> {
    const policy = this.#policyOf(channel);
    if (policy instanceof Error) return Promise.reject(policy);
    this.#shared.follow(channel, this);
  }

  unfollow(channel: string): void {
    this.#shared.unfollow(channel, this);
  }

  read(channel: string, options: ReadOptions): LogPage | Promise<LogPage> {
    const policy = this.#policyOf(channel);
    if (policy instanceof Error) return Promise.reject(policy);
    this.#reads++;
    return this.#shared.store.read(channel, options, policy);
  }

  tops(
    channels: readonly string[],
  ): ReadonlyMap<string, LogPosition> | Promise<ReadonlyMap<string, LogPosition>> {
    const tops = new Map<string, LogPosition>();
    const late: Promise<unknown>[] = [];
    for (const channel of channels) {
      const policy = this.#policyOf(channel);
      if (policy instanceof Error) return Promise.reject(policy);
      const top = this.#shared.store.top(channel, policy);
      if (top instanceof Promise) late.push(top.then((it) => tops.set(channel, it)));
      else tops.set(channel, top);
    }
    this.#tops++;
    return late.length === 0 ? tops : Promise.all(late).then(() => tops);
  }

  stats(): LogStats {
    return {
      appended: this.#appended,
      duplicates: this.#duplicates,
      reads: this.#reads,
      tops: this.#tops,
      ...this.#shared.store.size(),
    };
  }

  /** An entry of a channel that this node follows. */
  receive(channel: string, entry: LiveEntry): void {
    this.#sink?.onEntry?.(channel, entry);
  }

  #count(appended: Appended): Appended {
    if (appended.duplicate) this.#duplicates++;
    else this.#appended++;
    return appended;
  }

  /** What is kept of a channel, or why nothing can be done with its log. */
  #policyOf(channel: string): LogPolicy | BrokerUnavailableError {
    if (!this.#sink) {
      return new BrokerUnavailableError(
        'The log cannot be used: its broker is not started, or closed',
        'closed',
      );
    }
    const policy = this.#sink.policyOf?.(channel);
    if (!policy) {
      return new BrokerUnavailableError(
        `The channel ${JSON.stringify(channel)} has no log: no pattern in the server's option "channels" gives it a history`,
        'refused',
      );
    }
    this.#shared.keepSwept();
    return policy;
  }
}
