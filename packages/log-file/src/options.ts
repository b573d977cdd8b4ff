import { InvalidOptionsError } from '@asyngular/errors';
import {
  checkOptions,
  count,
  type FilledInOptions,
  type OptionTable,
  text,
} from '@asyngular/errors/options';

/** Options of {@link fileLog}. */
export interface FileLogOptions {
  /** Folder of the log, made if it is not there. It belongs to one process at a time. */
  directory: string;
  /**
   * Memory for logs that were used lately, in bytes (default 64 MiB). What is beyond that is read from disk when it
   * is used again. Logs with publications that wait to be written stay.
   */
  maxCachedBytes?: number | undefined;
  /**
   * Disk that publications may take, in bytes (default 4 GiB), as LevelDB estimates it every few seconds. Beyond that
   * publications are refused until those that expire have made room.
   */
  maxDiskBytes?: number | undefined;
  /**
   * Publications that may wait to be written (default 10,000). One more rejects at once with
   * `BrokerUnavailableError` (`queue-full`).
   */
  maxQueuedMessages?: number | undefined;
  /** The same in payload bytes (default 16 MiB). */
  maxQueuedBytes?: number | undefined;
}

/** The options with every default filled in. */
export type ResolvedFileLogOptions = FilledInOptions<FileLogOptions> & { directory: string };

const defaults = {
  maxCachedBytes: 64 * 1024 * 1024,
  maxDiskBytes: 4 * 1024 ** 3,
  maxQueuedMessages: 10_000,
  maxQueuedBytes: 16 * 1024 * 1024,
};

const optionChecks: OptionTable<FileLogOptions> = {
  directory: text({ minLength: 1 }),
  maxCachedBytes: count('bytes', { min: 1 }),
  maxDiskBytes: count('bytes', { min: 1 }),
  maxQueuedMessages: count('messages', { min: 1 }),
  maxQueuedBytes: count('bytes', { min: 1 }),
};

/** Checks and completes the options; throws `InvalidOptionsError` naming the bad one. */
export function resolveFileLogOptions(options: FileLogOptions): ResolvedFileLogOptions {
  const { directory, ...given } = checkOptions(optionChecks, options, 'fileLog()');
  if (directory === undefined) {
    throw new InvalidOptionsError(
      "The directory option of fileLog() is missing; name the folder of the log, such as './data'",
    );
  }
  return { ...defaults, ...given, directory };
}
