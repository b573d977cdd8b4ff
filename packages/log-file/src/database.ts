import { mkdir } from 'node:fs/promises';
import { BrokerUnavailableError } from '@asyngular/errors';
import { ClassicLevel } from 'classic-level';
import { hasRoomToOpen } from './disk-room.js';
import type { KeyRange } from './records.js';

/** A change of the store. Those of one commit are done together or not at all. */
export type Operation =
  | { readonly type: 'put'; readonly key: Buffer; readonly value: Buffer }
  | { readonly type: 'del'; readonly key: Buffer };

/** The part of LevelDB that is used. */
export type Level = Pick<
  ClassicLevel<Buffer, Buffer>,
  'open' | 'batch' | 'get' | 'iterator' | 'clear' | 'approximateSize' | 'compactRange' | 'close'
>;

/** How long a store that could not be written is left alone, in ms. */
const RETRY_MS = 1_000;

/** LevelDB in a folder: commits are on disk when they are done, and a failed one leaves nothing behind. */
export class Database {
  readonly #directory: string;
  readonly #createLevel: (directory: string) => Level;
  readonly #hasRoom: (directory: string) => Promise<boolean>;
  #level: Level | undefined;
  /** Why nothing can be written, and when that was found. */
  #failure: { readonly error: BrokerUnavailableError; readonly at: number } | undefined;
  /** The last commit: they are done one after the other. */
  #last: Promise<void> = Promise.resolve();
  /** Keys of failed commits, which may have reached the disk nevertheless. */
  #leftovers: Buffer[] = [];

  constructor(
    directory: string,
    createLevel: (directory: string) => Level = createClassicLevel,
    hasRoom: (directory: string) => Promise<boolean> = hasRoomToOpen,
  ) {
    this.#directory = directory;
    this.#createLevel = createLevel;
    this.#hasRoom = hasRoom;
  }

  /** Rejects with a `BrokerUnavailableError` that says why the folder is of no use, and what helps. */
  async open(): Promise<void> {
    try {
      await mkdir(this.#directory, { recursive: true });
      const level = this.#createLevel(this.#directory);
      await level.open();
      this.#level = level;
    } catch (error) {
      throw this.#unusable(error as LevelError);
    }
  }

  /**
   * Writes all operations as one step, to the disk. A `BrokerUnavailableError` says that they were not done; after a
   * failure LevelDB has to be opened again, because what it would write behind a torn record could not be read.
   */
  commit(operations: readonly Operation[]): Promise<void> {
    const done = this.#last.then(() => this.#commit(operations));
    this.#last = done.catch(() => {});
    return done;
  }

  async #commit(operations: readonly Operation[]): Promise<void> {
    await this.#reopen();
    const cleaning = this.#leftovers.map((key) => ({ type: 'del' as const, key }));
    try {
      await this.#opened().batch([...cleaning, ...operations], { sync: true });
    } catch (error) {
      for (const { type, key } of operations) if (type === 'put') this.#leftovers.push(key);
      throw this.#fail(error as LevelError);
    }
    this.#leftovers = [];
  }

  /** Reads one value. */
  get(key: Buffer): Promise<Buffer | undefined> {
    return this.#read((level) => level.get(key));
  }

  /** Reads a piece, in the order of the keys or backwards. */
  list(
    range: Partial<KeyRange> & { gt?: Buffer },
    options: { limit: number; reverse?: boolean },
  ): Promise<[Buffer, Buffer][]> {
    return this.#read((level) => level.iterator({ ...range, ...options }).all());
  }

  /** Deletes a range, not as one step. */
  clear(range: KeyRange): Promise<void> {
    return this.#read((level) => level.clear(range));
  }

  /** Bytes that a range takes on the disk, more or less; what was deleted counts until it is tidied up. */
  size({ gte, lte }: KeyRange): Promise<number> {
    return this.#read((level) => level.approximateSize(gte, lte));
  }

  /** Gives the disk back what was deleted from a range. */
  tidy({ gte, lte }: KeyRange): Promise<void> {
    return this.#read((level) => level.compactRange(gte, lte));
  }

  async close(): Promise<void> {
    const level = this.#level;
    this.#level = undefined;
    await level?.close();
  }

  async #reopen(): Promise<void> {
    const failure = this.#failure;
    if (!failure) return;
    if (performance.now() - failure.at < RETRY_MS) throw failure.error;
    // What is open can be read. Closed on a full disk, it could not be opened again.
    if (!(await this.#hasRoom(this.#directory))) {
      this.#failure = { ...failure, at: performance.now() };
      throw failure.error;
    }
    try {
      await this.close();
      await this.open();
      this.#failure = undefined;
    } catch (error) {
      throw this.#fail(error as LevelError);
    }
  }

  #opened(): Level {
    if (this.#level) return this.#level;
    throw (
      this.#failure?.error ??
      new BrokerUnavailableError(`The log in ${this.#directory} is closed`, 'closed')
    );
  }

  async #read<T>(call: (level: Level) => Promise<T>): Promise<T> {
    try {
      return await call(this.#opened());
    } catch (error) {
      if (error instanceof BrokerUnavailableError) throw error;
      throw new BrokerUnavailableError(
        `The log in ${this.#directory} cannot be read: ${reasonOf(error as LevelError)}`,
        'refused',
        { cause: error },
      );
    }
  }

  #fail(cause: LevelError): BrokerUnavailableError {
    const error = new BrokerUnavailableError(
      `The log in ${this.#directory} cannot be written: ${reasonOf(cause)}; what is in it stays, and writing is ` +
        'tried again with later publications. Is there room on the disk, and may this process write there?',
      'refused',
      // A record that could not be synced may be found on the disk after a crash.
      { cause, maybeSent: true },
    );
    this.#failure = { error, at: performance.now() };
    return error;
  }

  #unusable(cause: LevelError): BrokerUnavailableError {
    const what = `The log in ${this.#directory} cannot be opened`;
    const say = (message: string) => new BrokerUnavailableError(message, 'refused', { cause });
    switch (codeOf(cause)) {
      case 'LEVEL_LOCKED':
        return say(
          `${what}: another process, or another fileLog() of this one, uses it; give each its own directory, or use a broker between processes`,
        );
      case 'LEVEL_CORRUPTION':
        return say(
          `${what}: its files are damaged (${reasonOf(cause)}); put back a copy of the folder, or move it away to begin new logs, which subscribers notice`,
        );
      default:
        return say(
          `${what}: ${reasonOf(cause)}; is the folder whole, and may this process read and write it?`,
        );
    }
  }
}

interface LevelError extends Error {
  readonly code?: string;
  readonly cause?: LevelError;
}

function createClassicLevel(directory: string): Level {
  return new ClassicLevel<Buffer, Buffer>(directory, {
    keyEncoding: 'buffer',
    valueEncoding: 'buffer',
  });
}

function codeOf({ code, cause }: LevelError): string | undefined {
  return cause?.code ?? code;
}

/** LevelDB's own words, which an error of its wrapper has as its cause. */
function reasonOf({ message, cause }: LevelError): string {
  return cause instanceof Error ? cause.message : message;
}
