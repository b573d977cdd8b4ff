import type { FleetOptions } from '@asyngular/broker';
import { fleetOptionChecks } from '@asyngular/broker/transport';
import { count, func, milliseconds, type OptionTable, text } from '@asyngular/errors/options';

/** Options of `localBroker()`. */
export interface LocalBrokerOptions extends FleetOptions {
  /** The Unix socket that the hub of this machine listens on: `LocalHub.path`. */
  path: string;
}

/** Options of `localHub()`. */
export interface LocalHubOptions {
  /**
   * Where the hub listens: a file that it makes and removes, at most 107 bytes long (103 outside Linux), best in a
   * folder that only its user can enter. Default: `hub.sock` in a new private folder for temporary files.
   */
  path?: string | undefined;
  /**
   * What may wait for one worker that does not read, in bytes (default 16 MiB). Beyond that the hub ends the
   * worker's connection, with a warning; the worker connects again and announces what it may have missed.
   */
  maxQueuedBytes?: number | undefined;
  /**
   * Memory that the logs of all channels together may take, in bytes; see `MemoryHubOptions.maxHistoryBytes`. Default: a
   * tenth of V8's heap limit.
   */
  maxHistoryBytes?: number | undefined;
  /** What went wrong in the background, such as a worker that was cut off. Default: a warning of the process. */
  onWarning?: ((error: Error) => void) | undefined;
}

/** What may wait for one worker when nobody says otherwise. */
export const DEFAULT_QUEUED_BYTES = 16 * 1024 * 1024;

/** Appends of one worker whose answers it may not have got. The hub knows as many when they come again. */
export const MAX_OPEN_APPENDS = 100_000;

/** How long the hub remembers the answers of a worker that is gone, in ms: it may come back and ask again. */
export const REMEMBER_MS = 600_000;

/** The checks of every option of `localBroker()`. */
export const localBrokerChecks: OptionTable<LocalBrokerOptions> = {
  ...fleetOptionChecks,
  path: text({ minLength: 1 }),
  maxQueuedMessages: count('messages', { min: 1, max: MAX_OPEN_APPENDS }),
  timeoutMs: milliseconds({ min: 1, max: REMEMBER_MS / 2 }),
};

/** The checks of every option of `localHub()`. */
export const localHubChecks: OptionTable<LocalHubOptions> = {
  path: text({ minLength: 1 }),
  maxQueuedBytes: count('bytes', { min: 1 }),
  maxHistoryBytes: count('bytes', { min: 1 }),
  onWarning: func('a function of an error'),
};
