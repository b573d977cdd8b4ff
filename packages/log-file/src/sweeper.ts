import type { Database } from './database.js';
import {
  allEntryKeys,
  channelKey,
  channelKeys,
  channelNameOf,
  decodeChannel,
  decodeEntry,
  encodeChannel,
  entryKeys,
  idKeys,
  offsetOf,
} from './records.js';

/** A log that nobody has used for this long, in ms, and whose ttl is over, is forgotten with its epoch. */
export const FORGET_LOG_AFTER_MS = 86_400_000;
/** Channels looked at by one sweep. */
const CHANNELS_PER_SWEEP = 1_000;

/** Deletes from the disk what has expired, a few channels at a time. */
export class Sweeper {
  readonly #database: Database;
  readonly #isLoaded: (name: string) => boolean;
  readonly #maxDiskBytes: number;
  /** Behind which channel the next sweep begins. */
  #at: Buffer = channelKeys.gte;
  #running: Promise<void> | undefined;
  #isFull = false;

  /** `isLoaded`: whether a channel is in memory, whose entries and record are left alone. */
  constructor(database: Database, maxDiskBytes: number, isLoaded: (name: string) => boolean) {
    this.#database = database;
    this.#maxDiskBytes = maxDiskBytes;
    this.#isLoaded = isLoaded;
  }

  /** All publications together take more than they may. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** Looks at the next channels, unless it is still at the last ones. */
  sweep(): void {
    if (this.#running) return;
    // A disk that cannot be read or written now is tried again, and whoever publishes hears of it.
    this.#running = this.#run()
      .catch(() => {})
      .finally(() => {
        this.#running = undefined;
      });
  }

  /** Resolves when nothing is being deleted. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    const range = { gt: this.#at, lte: channelKeys.lte };
    const channels = await this.#database.list(range, { limit: CHANNELS_PER_SWEEP });
    for (const [key, value] of channels) await this.#look(channelNameOf(key), value);
    const isWhole = channels.length < CHANNELS_PER_SWEEP;
    this.#at = isWhole ? channelKeys.gte : channels.at(-1)![0];
    await this.#measure();
  }

  async #measure(): Promise<void> {
    const isTooLarge = async () => (await this.#database.size(allEntryKeys)) > this.#maxDiskBytes;
    if (await isTooLarge()) {
      await this.#database.tidy(allEntryKeys);
      this.#isFull = await isTooLarge();
    } else {
      this.#isFull = false;
    }
  }

  async #look(name: string, value: Buffer): Promise<void> {
    const record = decodeChannel(value);
    const { epoch, ttlMs, windowMs } = record;
    const now = Date.now();
    await this.#database.clear(idKeys(epoch, 0, Math.max(0, now - windowMs)));
    if (this.#isLoaded(name)) return;

    const key = channelKey(name);
    const [newest] = await this.#database.list(entryKeys(epoch), { limit: 1, reverse: true });
    const entry = newest && { offset: offsetOf(newest[0]), ...decodeEntry(newest[1]) };
    const usedAt = Math.max(record.usedAt, entry?.at ?? 0);
    if (now - usedAt > Math.max(FORGET_LOG_AFTER_MS, ttlMs)) {
      await this.#database.commit([{ type: 'del', key }]);
      await this.#database.clear(entryKeys(epoch));
      await this.#database.clear(idKeys(epoch, 0));
    } else if (entry && now - entry.at > ttlMs) {
      const { offset, tag } = entry;
      const emptied = encodeChannel({ ...record, offset, tag });
      await this.#database.commit([{ type: 'put', key, value: emptied }]);
      await this.#database.clear(entryKeys(epoch, offset));
    }
  }
}
