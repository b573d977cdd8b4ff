import { decodePublication } from './envelope.js';
import type { LiveEntry, LogEntry } from './log.js';
import type { StoredEntry } from './log-transport.js';

/** How often the warning of unreadable entries is repeated at most, in ms. */
const WARN_EVERY_MS = 60_000;

/** An unreadable entry that came live, and what stood before it. */
interface Skipped {
  readonly epoch: string;
  readonly offset: number;
  readonly previous: number | undefined;
}

/**
 * Turns what a service keeps into entries of a log. What other programs, or a later version, put there is
 * left out with a warning, and the entry behind it is linked to the one before it: it is not a loss.
 */
export class LogDecoder {
  readonly #onWarning: (error: Error) => void;
  readonly #skipped = new Map<string, Skipped>();
  #warnedAt = Number.NEGATIVE_INFINITY;
  #unreported = 0;

  constructor(onWarning: (error: Error) => void) {
    this.#onWarning = onWarning;
  }

  /** The readable entries of a page. */
  page(channel: string, entries: readonly StoredEntry[]): LogEntry[] {
    const readable: LogEntry[] = [];
    for (const { position, data } of entries) {
      const publication = decodePublication(data);
      if (publication === undefined) this.#warn(channel);
      else readable.push({ position, ...publication });
    }
    return readable;
  }

  /** A live entry; `undefined` when it is not readable. */
  live(channel: string, { position, previous, data }: StoredEntry): LiveEntry | undefined {
    const publication = decodePublication(data);
    const { epoch, offset } = position;
    const skipped = this.#skipped.get(channel);
    const isBehindSkipped = skipped?.epoch === epoch && skipped.offset === previous;
    const link = isBehindSkipped ? skipped.previous : previous;
    if (publication === undefined) {
      this.#skipped.set(channel, { epoch, offset, previous: link });
      this.#warn(channel);
      return undefined;
    }
    if (skipped) this.#skipped.delete(channel);
    return { position, previous: link, ...publication };
  }

  forget(channel: string): void {
    this.#skipped.delete(channel);
  }

  #warn(channel: string): void {
    this.#unreported++;
    const now = performance.now();
    if (now - this.#warnedAt < WARN_EVERY_MS) return;
    const count = this.#unreported;
    this.#warnedAt = now;
    this.#unreported = 0;
    this.#onWarning(
      new Error(
        `The log of channel ${JSON.stringify(channel)} has an entry that is not a message of this version (${count} such entries in all logs since the last warning); it is left out. Do other programs write under the same prefix?`,
      ),
    );
  }
}
