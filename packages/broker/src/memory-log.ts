import { randomBytes } from 'node:crypto';
import { getHeapStatistics } from 'node:v8';
import type { BrokerPayload } from './broker.js';
import type { Appended, LiveEntry, LogPage, LogPolicy, LogPosition, ReadOptions } from './log.js';
import { LogRing } from './log-ring.js';
import type { LogStore, LogStoreSize } from './log-store.js';
import { type Linked, RecencyList } from './recency-list.js';
import { RecentIds } from './recent-ids.js';

/** A log that nobody has used for this long, in ms, and whose ttl is over, is forgotten with its epoch. */
export const FORGET_LOG_AFTER_MS = 86_400_000;
/** Logs looked at by one sweep: so many, or this part of them if that is more. */
const LOGS_PER_SWEEP = 1_000;
const SWEEPS_PER_ROUND = 30;
/** What V8 takes beside payloads and names, rounded up: for a log, an entry of it, and a remembered id. */
const LOG_COST = 1_000;
const ENTRY_COST = 150;
const ID_COST = 170;

/** The part of the heap that logs may fill when nobody says otherwise: a tenth of its limit. */
function defaultHistoryBytes(): number {
  return Math.floor(getHeapStatistics().heap_size_limit / 10);
}

interface MemoryChannel extends Linked<MemoryChannel> {
  readonly name: string;
  readonly ring: LogRing;
  readonly ids: RecentIds;
  /** The list that it is in. */
  list: RecencyList<MemoryChannel>;
  /** Of its last policy. */
  ttlMs: number;
  idempotencyWindowMs: number;
  /** When it was published to, and used at all, in whole monotonic ms. */
  publishedAt: number;
  usedAt: number;
  /** Its share of the totals, as it was counted last. */
  publications: number;
  bytes: number;
  cost: number;
}

/** Logs in memory: everything is done when a call returns, and entries are the payloads themselves. */
export class MemoryLog implements LogStore {
  readonly #maxHistoryBytes: number;
  readonly #channels = new Map<string, MemoryChannel>();
  /** Logs that nobody has published to, by their birth: clients can make any number of them, so they go first. */
  readonly #unused = new RecencyList<MemoryChannel>();
  /** By their last publication. */
  readonly #byAge = new RecencyList<MemoryChannel>();
  /** Begins every epoch, so that those of two processes differ. */
  readonly #origin = randomBytes(9).toString('base64url');
  #born = 0;
  #publications = 0;
  #bytes = 0;
  #cost = 0;
  #evictions = 0;
  #onEntry: (channel: string, entry: LiveEntry) => void = () => {};

  /** `maxHistoryBytes`: memory of all logs together, what V8 takes for entries and names included. */
  constructor(maxHistoryBytes = defaultHistoryBytes()) {
    this.#maxHistoryBytes = maxHistoryBytes;
  }

  open(onEntry: (channel: string, entry: LiveEntry) => void): void {
    this.#onEntry = onEntry;
  }

  append(
    name: string,
    payload: BrokerPayload,
    policy: LogPolicy,
    id: string | undefined,
    except?: string,
  ): Appended {
    const now = nowMs();
    const channel = this.#use(name, policy, now);
    channel.ids.expire(now - policy.idempotencyWindowMs);
    const first = id === undefined ? undefined : channel.ids.find(id);
    if (first) return { position: first, duplicate: true };

    // No tag: an offset of an epoch that ends with the process is never given out twice.
    const entry = channel.ring.append(payload, 0, policy, except);
    const { position } = entry;
    if (id !== undefined) channel.ids.add(id, position, now);
    channel.publishedAt = now;
    this.#makeNewest(channel);
    this.#recount(channel);
    this.#evict(channel);
    this.#onEntry(name, entry);
    return { position, duplicate: false };
  }

  read(name: string, options: ReadOptions, policy: LogPolicy): LogPage {
    return this.#use(name, policy, nowMs()).ring.read(options);
  }

  top(name: string, policy: LogPolicy): LogPosition {
    return this.#use(name, policy, nowMs()).ring.top;
  }

  sweep(): boolean {
    const now = nowMs();
    const most = Math.max(LOGS_PER_SWEEP, Math.ceil(this.#channels.size / SWEEPS_PER_ROUND));
    for (const list of [this.#unused, this.#byAge]) {
      for (let count = 0; count < most; count++) {
        const channel = list.walk();
        if (!channel) break;
        this.#clean(channel, now);
      }
    }
    return this.#channels.size > 0;
  }

  size(): LogStoreSize {
    return {
      channels: this.#channels.size,
      publications: this.#publications,
      bytes: this.#bytes,
      evictions: this.#evictions,
    };
  }

  close(): void {}

  /** The log of a channel as it is now, born if there is none. */
  #use(name: string, policy: LogPolicy, now: number): MemoryChannel {
    const channel = this.#channels.get(name) ?? this.#bear(name, now);
    channel.ttlMs = policy.ttlMs;
    channel.idempotencyWindowMs = policy.idempotencyWindowMs;
    channel.usedAt = now;
    this.#expire(channel, now);
    return channel;
  }

  #bear(name: string, now: number): MemoryChannel {
    const channel: MemoryChannel = {
      name,
      ring: new LogRing(`${this.#origin}${(++this.#born).toString(36)}`),
      ids: new RecentIds(),
      list: this.#unused,
      ttlMs: 0,
      idempotencyWindowMs: 0,
      publishedAt: now,
      usedAt: now,
      publications: 0,
      bytes: 0,
      cost: 0,
      older: undefined,
      newer: undefined,
    };
    this.#channels.set(name, channel);
    this.#unused.add(channel);
    this.#recount(channel);
    this.#evict(channel);
    return channel;
  }

  #makeNewest(channel: MemoryChannel): void {
    if (channel.list === this.#byAge) {
      this.#byAge.touch(channel);
      return;
    }
    channel.list.remove(channel);
    channel.list = this.#byAge;
    this.#byAge.add(channel);
  }

  #clean(channel: MemoryChannel, now: number): void {
    channel.ids.expire(now - channel.idempotencyWindowMs);
    this.#expire(channel, now);
    this.#recount(channel);
    const keptMs = Math.max(FORGET_LOG_AFTER_MS, channel.ttlMs);
    if (now - channel.usedAt > keptMs) this.#forget(channel);
  }

  #expire(channel: MemoryChannel, now: number): void {
    if (channel.ring.length === 0 || now - channel.publishedAt <= channel.ttlMs) return;
    channel.ring.clear();
    this.#recount(channel);
  }

  /** Brings the totals up to what a log keeps now. */
  #recount(channel: MemoryChannel): void {
    const { name, ring, ids } = channel;
    const cost =
      LOG_COST + name.length + ring.bytes + ring.length * ENTRY_COST + ids.size * ID_COST;
    this.#publications += ring.length - channel.publications;
    this.#bytes += ring.bytes - channel.bytes;
    this.#cost += cost - channel.cost;
    channel.publications = ring.length;
    channel.bytes = ring.bytes;
    channel.cost = cost;
  }

  /** Forgets the logs published longest ago until the others have room; never the one in use, the newest of its list. */
  #evict(inUse: MemoryChannel): void {
    for (const list of [this.#unused, this.#byAge]) {
      for (let oldest = list.oldest; oldest && oldest !== inUse; oldest = list.oldest) {
        if (this.#cost <= this.#maxHistoryBytes) return;
        this.#forget(oldest);
        this.#evictions++;
      }
    }
  }

  #forget(channel: MemoryChannel): void {
    this.#channels.delete(channel.name);
    channel.list.remove(channel);
    this.#publications -= channel.publications;
    this.#bytes -= channel.bytes;
    this.#cost -= channel.cost;
  }
}

/** Whole ms, because V8 keeps small integers without an object of their own. */
function nowMs(): number {
  return Math.floor(performance.now());
}
