import { rmSync } from 'node:fs';
import { type LocalHub, localHub } from '@asyngular/broker-local';
import { createHubFolder } from '@asyngular/broker-local/internal';
import { hubPath, MAX_HUBS } from '../hub-path.js';

/**
 * The hubs of a fleet: one for each path at which its workers have servers without a broker of their own, so that
 * different servers of a file stay apart, as they do in one process. They live in the primary, which runs no code of
 * the application: their logs outlive every worker.
 */
export class Hubs {
  /** Only this user can enter it; `undefined` on Windows, which has no Unix sockets. */
  readonly folder: string | undefined;
  readonly #onWarning: (warning: Error) => void;
  readonly #hubs = new Map<string, Promise<LocalHub | undefined>>();
  #isClosed = false;

  constructor(onWarning: (warning: Error) => void) {
    this.#onWarning = onWarning;
    this.folder = process.platform === 'win32' ? undefined : createHubFolder();
  }

  /** Opens the hub of a path, unless it is open. Never rejects: a hub that could not be opened is a warning. */
  async open(path: string): Promise<void> {
    const { folder } = this;
    if (folder === undefined || this.#isClosed || this.#hubs.has(path)) return;
    if (this.#hubs.size >= MAX_HUBS) return;
    const hub = localHub({ path: hubPath(folder, path), onWarning: this.#onWarning });
    const opened = hub.catch((error: Error) => {
      this.#hubs.delete(path);
      this.#onWarning(error);
      return undefined;
    });
    this.#hubs.set(path, opened);
    await opened;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const opened = await Promise.all(this.#hubs.values());
    await Promise.all(opened.map((hub) => hub?.close()));
    if (this.folder !== undefined) rmSync(this.folder, { recursive: true, force: true });
  }
}
