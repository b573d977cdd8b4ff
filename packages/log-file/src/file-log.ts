import type {
  Appended,
  BrokerPayload,
  LiveEntry,
  LogPage,
  LogPolicy,
  LogPosition,
  LogStore,
  LogStoreSize,
  ReadOptions,
} from '@asyngular/broker';
import { RecencyList } from '@asyngular/broker/transport';
import { BrokerUnavailableError } from '@asyngular/errors';
import { Appender } from './appender.js';
import { Database } from './database.js';
import { FileChannel } from './file-channel.js';
import {
  type FileLogOptions,
  type ResolvedFileLogOptions,
  resolveFileLogOptions,
} from './options.js';
import { entryKeys, VERSION, versionKey } from './records.js';
import { Slot } from './slot.js';
import { Sweeper } from './sweeper.js';

/** A log that was not used for so long, in ms, is on disk only. */
const IDLE_MS = 600_000;
/** Logs in memory looked at by one sweep. */
const SLOTS_PER_SWEEP = 1_000;

type OnEntry = (channel: string, entry: LiveEntry) => void;

/** Logs in files. Those used lately are in memory as well, and hold there what is on disk. */
export class FileLog implements LogStore {
  readonly #options: ResolvedFileLogOptions;
  readonly #database: Database;
  readonly #appender: Appender;
  readonly #sweeper: Sweeper;
  readonly #slots = new Map<string, Slot>();
  readonly #byAge = new RecencyList<Slot>();
  /** Calls under way, which `close()` waits for. */
  #calls = new Set<Promise<unknown>>();
  #cost = 0;
  #publications = 0;
  #bytes = 0;
  #isOpen = false;
  #opening: Promise<void> = Promise.resolve();
  #closing: Promise<void> = Promise.resolve();

  constructor(options: ResolvedFileLogOptions, database = new Database(options.directory)) {
    this.#options = options;
    this.#database = database;
    this.#appender = new Appender(database, options);
    this.#sweeper = new Sweeper(database, options.maxDiskBytes, (name) => this.#slots.has(name));
  }

  open(onEntry: OnEntry): Promise<void> {
    if (this.#isOpen) {
      return Promise.reject(
        new BrokerUnavailableError(
          `The log in ${this.#options.directory} belongs to another broker; brokers that share it need one MemoryHub`,
          'refused',
        ),
      );
    }
    this.#isOpen = true;
    this.#appender.onEntry = onEntry;
    this.#opening = this.#openDatabase();
    return this.#opening;
  }

  async #openDatabase(): Promise<void> {
    await this.#closing;
    try {
      await this.#database.open();
      await this.#checkVersion();
    } catch (error) {
      await this.#database.close();
      this.#isOpen = false;
      throw error;
    }
  }

  append(
    name: string,
    payload: BrokerPayload,
    policy: LogPolicy,
    id: string | undefined,
    except?: string,
  ): Promise<Appended> {
    if (this.#sweeper.isFull) {
      return Promise.reject(
        new BrokerUnavailableError(
          `The log in ${this.#options.directory} takes more than ${this.#options.maxDiskBytes} bytes; publications are taken again when those that expire have made room. Set maxDiskBytes higher, or size, ttl and maxBytes of the channels lower`,
          'refused',
        ),
      );
    }
    return this.#with(name, policy, (channel) =>
      this.#appender.append({ channel, payload, policy, id, except }),
    );
  }

  read(name: string, options: ReadOptions, policy: LogPolicy): Promise<LogPage> {
    return this.#with(name, policy, (channel) => channel.ring.read(options));
  }

  top(name: string, policy: LogPolicy): Promise<LogPosition> {
    return this.#with(name, policy, (channel) => channel.ring.top);
  }

  /** Always goes on: what is on disk expires as well. */
  sweep(): boolean {
    if (!this.#isOpen) return true;
    const now = performance.now();
    for (let count = 0; count < SLOTS_PER_SWEEP; count++) {
      const slot = this.#byAge.walk();
      if (!slot) break;
      if (slot.calls === 0 && (now - slot.usedAt > IDLE_MS || slot.isExpired)) this.#unload(slot);
    }
    this.#sweeper.sweep();
    return true;
  }

  /** Of the logs that are in memory; those on disk are not counted. */
  size(): LogStoreSize {
    return {
      channels: this.#slots.size,
      publications: this.#publications,
      bytes: this.#bytes,
      evictions: 0,
    };
  }

  close(): Promise<void> {
    this.#isOpen = false;
    // Those that come from now on are of the next owner, and wait until it has opened the folder.
    const calls = this.#calls;
    this.#calls = new Set();
    this.#closing = this.#close(calls);
    return this.#closing;
  }

  async #close(calls: ReadonlySet<Promise<unknown>>): Promise<void> {
    await this.#opening.catch(() => {});
    await Promise.allSettled(calls);
    await this.#sweeper.idle();
    await this.#database.close();
    for (const slot of this.#slots.values()) this.#unload(slot);
  }

  /** Calls with the channel, read from disk if need be. Calls for one channel keep their order. */
  #with<T>(name: string, policy: LogPolicy, act: (channel: FileChannel) => T | Promise<T>) {
    const calls = this.#calls;
    const call = this.#opening.then(() => this.#call(this.#slotOf(name, policy), policy, act));
    calls.add(call);
    const forget = () => calls.delete(call);
    call.then(forget, forget);
    return call;
  }

  async #call<T>(
    slot: Slot,
    policy: LogPolicy,
    act: (channel: FileChannel) => T | Promise<T>,
  ): Promise<T> {
    slot.calls++;
    this.#byAge.touch(slot);
    try {
      const channel = await slot.loading;
      // Nobody waits for it: it matters to the next process only.
      if (channel.use(policy)) this.#appender.write(channel).catch(() => {});
      if (channel.isExpired) this.#expire(channel);
      const result = await act(channel);
      this.#count(slot, channel);
      return result;
    } finally {
      slot.calls--;
      slot.usedAt = performance.now();
      if (slot.hasFailed) this.#unload(slot);
      this.#makeRoom();
    }
  }

  #slotOf(name: string, policy: LogPolicy): Slot {
    let slot = this.#slots.get(name);
    if (!slot) {
      slot = new Slot(name, this.#load(name, policy));
      this.#slots.set(name, slot);
      this.#byAge.add(slot);
    }
    return slot;
  }

  async #load(name: string, policy: LogPolicy): Promise<FileChannel> {
    // What is being forgotten is gone before it is looked for.
    await this.#sweeper.idle();
    const channel = await FileChannel.load(this.#database, name, policy);
    const written = this.#appender.write(channel);
    // When one was used that is there already matters to the next process only.
    if (channel.isBorn) await written;
    else written.catch(() => {});
    return channel;
  }

  #expire(channel: FileChannel): void {
    const { offset } = channel.ring.top;
    channel.empty();
    // Nobody waits for it: what stays on disk when it fails has expired all the same.
    this.#appender
      .write(channel)
      .then(() => this.#database.clear(entryKeys(channel.epoch, offset)))
      .catch(() => {});
  }

  #count(slot: Slot, { ring, cost }: FileChannel): void {
    this.#cost += cost - slot.cost;
    this.#publications += ring.length - slot.publications;
    this.#bytes += ring.bytes - slot.bytes;
    slot.cost = cost;
    slot.publications = ring.length;
    slot.bytes = ring.bytes;
  }

  /** Lets go of what was used longest ago, as far as nothing of it is under way. */
  #makeRoom(): void {
    for (let slot = this.#byAge.oldest; slot; slot = this.#byAge.oldest) {
      if (this.#cost <= this.#options.maxCachedBytes || slot.calls > 0) return;
      this.#unload(slot);
    }
  }

  #unload(slot: Slot): void {
    if (this.#slots.get(slot.name) !== slot) return;
    this.#slots.delete(slot.name);
    this.#byAge.remove(slot);
    this.#cost -= slot.cost;
    this.#publications -= slot.publications;
    this.#bytes -= slot.bytes;
  }

  async #checkVersion(): Promise<void> {
    const version = await this.#database.get(versionKey);
    if (!version) {
      const value = Buffer.from(VERSION);
      return this.#database.commit([{ type: 'put', key: versionKey, value }]);
    }
    if (version.toString() === VERSION) return;
    throw new BrokerUnavailableError(
      `The log in ${this.#options.directory} has the layout ${version}, this version reads ${VERSION}; use the version that wrote it, or another directory`,
      'refused',
    );
  }
}

/**
 * Logs of channels in a folder, for servers of one process: `memoryBroker({ log: fileLog({ directory: './data' }) })`.
 * A publication is acknowledged once it is on the disk; positions and ids survive the process, however it ends.
 * Throws `InvalidOptionsError` for impossible options. The folder is opened with the broker, whose
 * `start()` rejects with `BrokerUnavailableError` when it is damaged, or in use.
 */
export function fileLog(options: FileLogOptions): LogStore {
  return new FileLog(resolveFileLogOptions(options));
}
