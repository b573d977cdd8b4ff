import type { Linked } from '@asyngular/broker/transport';
import type { FileChannel } from './file-channel.js';

/** The place of a log in memory, from the moment on at which it begins to be read. */
export class Slot implements Linked<Slot> {
  older: Slot | undefined;
  newer: Slot | undefined;
  readonly name: string;
  readonly loading: Promise<FileChannel>;
  /** Calls that are under way; meanwhile it stays. */
  calls = 0;
  /** Monotonic ms. */
  usedAt = performance.now();
  /** It could not be read: the next call has to try again. */
  hasFailed = false;
  /** Its share of what is in memory, as it was counted last. */
  cost = 0;
  publications = 0;
  bytes = 0;
  #channel: FileChannel | undefined;

  constructor(name: string, loading: Promise<FileChannel>) {
    this.name = name;
    this.loading = loading;
    loading.then(
      (channel) => {
        this.#channel = channel;
      },
      () => {
        this.hasFailed = true;
      },
    );
  }

  /** Its publications have expired. */
  get isExpired(): boolean {
    return this.#channel?.isExpired ?? false;
  }
}
