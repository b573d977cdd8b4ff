import { randomBytes } from 'node:crypto';
import type { LogPolicy, LogPosition, ReadOptions } from '@asyngular/broker';
import {
  ConnectionLostError,
  type LogTransport,
  type StoredEntry,
  type StoredPage,
  type TransportAppend,
} from '@asyngular/broker/transport';
import { AppendBatches, metaTtlMs } from './append-batches.js';
import { keySlot } from './key-slot.js';
import { liveEntries } from './live-message.js';
import { type LogKeys, logKeys } from './log-keys.js';
import { readScript, topsScript } from './log-scripts.js';
import type { LuaScript } from './lua-script.js';
import type { PublisherLink, ScriptArgument, SubscriberLink } from './redis-link.js';
import { findObstacles } from './server-check.js';
import { entryId, parseEntryId, parseStored } from './stored-position.js';

/** Appends of one channel under way together: a repeat is looked for among as many. */
const MAX_IN_FLIGHT = 32;
/** Different warnings of one broker. */
const MAX_WARNINGS = 32;
/**
 * Answers of a server that cannot be written to any more; another one may be in its place. Redis 6 has the first word
 * of what failed within a script in the middle of a sentence.
 */
const NOT_WRITABLE = /(?:^|-)(?:READONLY|MASTERDOWN|LOADING)\b/;

/** What the logs need of the transport they belong to. */
export interface RedisLogHost {
  readonly prefix: string;
  readonly publisher: PublisherLink;
  readonly subscriber: SubscriberLink;
  readonly isSharded: boolean;
  /** All keys of one command must be of one slot. */
  readonly isCluster: boolean;
  /** Of scripts that leave one after the other a lost connection costs the last ones only. */
  readonly keepsOrder: boolean;
  isUp(): boolean;
  onEntry(channel: string, entry: StoredEntry): void;
  onWarning(error: Error): void;
  /** The scripts that were loaded are not there any more. */
  onScriptsLost(): void;
  /** The server takes no writes. */
  onNotWritable(reason: string): void;
}

/** Logs of channels in Redis streams; see `log-scripts.ts` for what is kept where. */
export class RedisLog implements LogTransport {
  readonly #host: RedisLogHost;
  /** Channels by the Redis channel that their live entries come on. */
  readonly #followed = new Map<string, string>();
  readonly #epochPrefix = randomBytes(9).toString('base64url');
  #epochs = 0;
  /** Counts the times that the scripts were lost: calls of before say so once more each. */
  #scriptLosses = 0;
  /** Whether the server that this connection leads to has been looked at. */
  #isChecked = false;
  readonly #warned = new Set<string>();
  readonly #appends: AppendBatches;

  constructor(host: RedisLogHost) {
    this.#host = host;
    this.#appends = new AppendBatches({
      isSharded: host.isSharded,
      keysOf: (channel) => this.#keys(channel),
      newEpoch: () => this.#newEpoch(),
      evaluate: (script, keys, args) => this.#evaluate(script, keys, args),
      atTurnEnd: (work) => host.publisher.atTurnEnd(work),
      onUnannounced: (channel, reason) => this.#warnUnannounced(channel, reason),
    });
  }

  maxInFlight(): number {
    return this.#host.keepsOrder ? MAX_IN_FLIGHT : 1;
  }

  append(append: TransportAppend): void {
    this.#appends.add(append);
  }

  async follow(channels: readonly string[]): Promise<void> {
    if (!this.#host.isUp()) throw noConnection();
    const names = channels.map((channel) => {
      const { live } = this.#keys(channel);
      this.#followed.set(live, channel);
      return live;
    });
    await this.#host.subscriber.subscribe(names);
  }

  async unfollow(channel: string): Promise<void> {
    const { live } = this.#keys(channel);
    if (this.#followed.delete(live) && this.#host.isUp()) {
      await this.#host.subscriber.unsubscribe(live);
    }
  }

  async read(channel: string, options: ReadOptions, policy: LogPolicy): Promise<StoredPage> {
    const { after, before, limit, maxBytes } = options;
    const keys = this.#keys(channel);
    const wanted = after ?? before;
    const reply = await this.#evaluate(
      readScript,
      [keys.meta, keys.stream],
      [
        this.#newEpoch(),
        metaTtlMs(policy),
        policy.size,
        after ? 'after' : before ? 'before' : 'newest',
        wanted?.epoch ?? '',
        wanted ? entryId(wanted) : '',
        limit,
        maxBytes,
      ],
    );
    const [end, isReached, hasMore, ...flat] = reply as [Buffer, number, number, ...Buffer[]];
    const top = parseStored(end.toString());
    const entries: StoredEntry[] = [];
    for (let index = 0; index < flat.length; index += 2) {
      const position = parseEntryId(top.epoch, flat[index]!.toString());
      entries.push({ position, data: flat[index + 1]! });
    }
    if (!after) entries.reverse();
    return { entries, top, reached: isReached === 1, hasMore: hasMore === 1 };
  }

  async tops(
    channels: readonly { readonly channel: string; readonly policy: LogPolicy }[],
  ): Promise<ReadonlyMap<string, LogPosition>> {
    const logs = channels.map(({ channel, policy }) => ({
      channel,
      keys: this.#keys(channel),
      ttlMs: metaTtlMs(policy),
    }));
    const groups = new Map<number, typeof logs>();
    for (const log of logs) {
      const slot = this.#host.isCluster ? keySlot(log.keys.meta) : 0;
      const group = groups.get(slot);
      if (group) group.push(log);
      else groups.set(slot, [log]);
    }
    const tops = new Map<string, LogPosition>();
    await Promise.all(
      [...groups.values()].map(async (group) => {
        const names = group.flatMap(({ keys }) => [keys.meta, keys.stream]);
        const args = [this.#newEpoch(), ...group.map(({ ttlMs }) => ttlMs)];
        const ends = (await this.#evaluate(topsScript, names, args)) as Buffer[];
        for (const [index, end] of ends.entries()) {
          tops.set(group[index]!.channel, parseStored(end.toString()));
        }
      }),
    );
    return tops;
  }

  /** A message that may be one of live entries. */
  receive(key: string, data: Uint8Array): void {
    const channel = this.#followed.get(key);
    if (channel === undefined) return;
    for (const entry of liveEntries(data)) this.#host.onEntry(channel, entry);
  }

  /** The next connection may lead to another server. */
  publisherLost(): void {
    this.#isChecked = false;
  }

  /** Redis channels in use, to be given back. */
  liveKeys(): IterableIterator<string> {
    return this.#followed.keys();
  }

  close(): void {
    this.#followed.clear();
  }

  #keys(channel: string): LogKeys {
    return logKeys(this.#host.prefix, channel);
  }

  /** For the log if it has to be born: nobody else makes the same one. */
  #newEpoch(): string {
    return `${this.#epochPrefix}-${(this.#epochs++).toString(36)}`;
  }

  async #evaluate(
    script: LuaScript,
    keys: readonly string[],
    args: readonly ScriptArgument[],
  ): Promise<unknown> {
    const host = this.#host;
    if (!host.isUp()) throw noConnection();
    if (!this.#isChecked) void this.#check();
    const losses = this.#scriptLosses;
    try {
      return await host.publisher.evaluate(script, keys, args);
    } catch (error) {
      const { message } = error as Error;
      if (message.startsWith('NOSCRIPT')) {
        if (losses === this.#scriptLosses) {
          this.#scriptLosses++;
          host.onScriptsLost();
        }
      } else if (NOT_WRITABLE.test(message)) host.onNotWritable(message);
      else throw error;
      throw new ConnectionLostError(`Redis did not run a script: ${message}`, { cause: error });
    }
  }

  /** Warns once of what will go wrong with logs on this server. */
  async #check(): Promise<void> {
    this.#isChecked = true;
    const { publisher, isSharded } = this.#host;
    let obstacles: string[];
    try {
      const [server, memory] = await Promise.all([
        publisher.info('server'),
        publisher.info('memory'),
      ]);
      obstacles = findObstacles(server, memory, isSharded);
    } catch (error) {
      if (error instanceof ConnectionLostError) return;
      obstacles = [
        `Redis did not tell its version and maxmemory-policy (${(error as Error).message}); allow +info`,
      ];
    }
    for (const obstacle of obstacles) this.#warnOnce(obstacle, obstacle);
  }

  #warnUnannounced(channel: string, reason: string): void {
    const message = `A publication on channel ${JSON.stringify(channel)} is in its log, but Redis did not announce it (${reason}), so that servers find it late; allow +publish, +spublish and the channels of the prefix`;
    this.#warnOnce(reason, message);
  }

  #warnOnce(key: string, message: string): void {
    if (this.#warned.has(key) || this.#warned.size >= MAX_WARNINGS) return;
    this.#warned.add(key);
    this.#host.onWarning(new Error(message));
  }
}

function noConnection(): ConnectionLostError {
  return new ConnectionLostError('There is no connection to Redis');
}
