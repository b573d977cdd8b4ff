import type { LogPolicy } from '@asyngular/broker';
import { LogRing, RecentIds } from '@asyngular/broker/transport';
import type { Database, Operation } from './database.js';
import {
  type ChannelRecord,
  channelKey,
  createEpoch,
  decodeChannel,
  decodeEntry,
  decodePlace,
  encodeChannel,
  entryKeys,
  idKeys,
  idOf,
  offsetOf,
} from './records.js';

/** How old what is written of a channel's last use may be, in ms, before it is written again. */
const USE_WRITTEN_EVERY_MS = 3_600_000;
/** What V8 takes for a log beside its payloads, for an entry of it, and for a remembered id. */
const LOG_COST = 1_500;
const ENTRY_COST = 150;
const ID_COST = 170;
/** Ids that are read back at most, as many as are remembered. */
const MAX_IDS = 10_000;

/** A log that is in memory as well: what was committed, and nothing else. */
export class FileChannel {
  readonly name: string;
  readonly ring: LogRing;
  readonly ids: RecentIds;
  /** It was not on the disk when it was loaded. */
  readonly isBorn: boolean;
  /** When it was published to last, wall clock. */
  publishedAt: number;
  #record: ChannelRecord;
  /** The record as it is on disk is this one. */
  #isWritten: boolean;

  private constructor(
    name: string,
    record: ChannelRecord,
    { isWritten, ring, publishedAt }: { isWritten: boolean; ring: LogRing; publishedAt: number },
    ids: RecentIds,
  ) {
    this.name = name;
    this.ring = ring;
    this.ids = ids;
    this.publishedAt = publishedAt;
    this.isBorn = !isWritten;
    this.#record = record;
    this.#isWritten = isWritten;
  }

  /** Reads a channel. One that is not there is born: it has to be committed before anybody hears of it. */
  static async load(database: Database, name: string, policy: LogPolicy): Promise<FileChannel> {
    const value = await database.get(channelKey(name));
    const now = Date.now();
    const keeps = { ttlMs: policy.ttlMs, windowMs: policy.idempotencyWindowMs, usedAt: now };
    if (!value) {
      const record = { epoch: createEpoch(), ...keeps, offset: 0, tag: 0 };
      const ring = new LogRing(record.epoch);
      return new FileChannel(
        name,
        record,
        { isWritten: false, ring, publishedAt: 0 },
        new RecentIds(),
      );
    }
    const record = decodeChannel(value);
    const [ring, publishedAt] = await loadRing(database, record, policy);
    const ids = await loadIds(database, record.epoch, now - policy.idempotencyWindowMs);
    const channel = new FileChannel(name, record, { isWritten: true, ring, publishedAt }, ids);
    channel.use(policy);
    return channel;
  }

  get epoch(): string {
    return this.#record.epoch;
  }

  get isExpired(): boolean {
    return this.ring.length > 0 && Date.now() - this.publishedAt > this.#record.ttlMs;
  }

  /** Memory that it takes. */
  get cost(): number {
    return (
      LOG_COST +
      this.name.length +
      this.ring.bytes +
      this.ring.length * ENTRY_COST +
      this.ids.size * ID_COST
    );
  }

  /** It is used, with this policy, which may not be the one of last time. True: that has to be written. */
  use({ ttlMs, idempotencyWindowMs: windowMs }: LogPolicy): boolean {
    const { ttlMs: knownTtlMs, windowMs: knownWindowMs, usedAt } = this.#record;
    const now = Date.now();
    const isKnown = ttlMs === knownTtlMs && windowMs === knownWindowMs;
    if (isKnown && now - usedAt < USE_WRITTEN_EVERY_MS) return false;
    this.#record = { ...this.#record, ttlMs, windowMs, usedAt: now };
    this.#isWritten = false;
    return true;
  }

  /** Lets go of all publications; where the log ends is written, and then they can be deleted. */
  empty(): void {
    this.ring.clear();
    const { offset, tag } = this.ring.top;
    this.#record = { ...this.#record, offset, tag };
    this.#isWritten = false;
  }

  /** What has to be written of it, beside publications. */
  takeChanges(): Operation[] {
    if (this.#isWritten) return [];
    this.#isWritten = true;
    const value = encodeChannel(this.#record);
    return [{ type: 'put', key: channelKey(this.name), value }];
  }

  /** What `takeChanges()` gave could not be written. */
  returnChanges(): void {
    this.#isWritten = false;
  }
}

/** The newest publications, as far as they follow each other, and when the last one was published. */
async function loadRing(
  database: Database,
  record: ChannelRecord,
  policy: LogPolicy,
): Promise<[LogRing, publishedAt: number]> {
  const { epoch, offset, tag } = record;
  // One more than is kept: a position at it can be reached.
  const newestFirst = await database.list(entryKeys(epoch), {
    limit: policy.size + 1,
    reverse: true,
  });
  const stored = newestFirst.map(([key, value]) => ({
    offset: offsetOf(key),
    ...decodeEntry(value),
  }));
  const [newest] = stored;
  if (!newest) return [new LogRing(epoch, { epoch, offset, tag }), 0];
  const end = stored.findIndex((it, index) => it.offset !== newest.offset - index);
  const whole = (end < 0 ? stored : stored.slice(0, end)).reverse();
  const oldest = whole[0]!;
  // Before it the log began, or was emptied. Otherwise the tag is not known, and no position has -1.
  const before = oldest.offset - 1;
  const ring = new LogRing(epoch, { epoch, offset: before, tag: before === offset ? tag : -1 });
  for (const it of whole) ring.append(it.payload, it.tag, policy, it.except);
  return [ring, newest.at];
}

async function loadIds(database: Database, epoch: string, since: number): Promise<RecentIds> {
  const ids = new RecentIds();
  const found = await database.list(idKeys(epoch, Math.max(0, since)), {
    limit: MAX_IDS,
    reverse: true,
  });
  for (const [key, value] of found.reverse()) {
    const { at, id } = idOf(key);
    ids.add(id, decodePlace(epoch, value), at);
  }
  return ids;
}
