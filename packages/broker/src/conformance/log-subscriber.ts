import type { LiveEntry, LogEntry, LogPosition } from '../log.js';
import { isSamePosition } from '../position-text.js';
import { PLENTY } from './log-steps.js';
import type { TestNode } from './test-fleet.js';

/** What a subscriber got without an interruption, oldest first. */
export type Piece = LogEntry[];

/**
 * Follows a log as a server does: a live entry that directly follows is delivered, any other one makes it read, and
 * where the log ends shows what it was not told of. The simplest thing that works, to check logs with.
 */
export class LogSubscriber {
  /** A new piece begins with each interruption. */
  readonly pieces: Piece[] = [[]];
  readonly #node: TestNode;
  readonly #channel: string;
  #cursor: LogPosition;
  /** Live entries that came while it was reading, or away. */
  #waiting: LiveEntry[] = [];
  /** Set while the cursor may not be compared with live entries, because the connection was lost. */
  #isDoubtful = false;
  #reading: Promise<void> | undefined;

  constructor(node: TestNode, channel: string, cursor: LogPosition) {
    this.#node = node;
    this.#channel = channel;
    this.#cursor = cursor;
  }

  get cursor(): LogPosition {
    return this.#cursor;
  }

  /** The connection is lost: what comes next may belong to another history. */
  doubt(): void {
    this.#isDoubtful = true;
  }

  /** A live entry has come. */
  take(entry: LiveEntry): void {
    if (this.#reading || this.#isDoubtful) {
      this.#waiting.push(entry);
      return;
    }
    const { epoch, offset } = entry.position;
    if (epoch === this.#cursor.epoch) {
      if (offset <= this.#cursor.offset) return;
      if (entry.previous === this.#cursor.offset) {
        this.#deliver(entry);
        return;
      }
    }
    // It fails while the service is away; then it is done by the next check.
    this.read().catch(() => this.doubt());
  }

  /** Compares with where the log ends, and reads what is missing. */
  async check(): Promise<void> {
    const top = (await this.#node.log.tops([this.#channel])).get(this.#channel);
    if (!top || this.#isDoubtful || !isSamePosition(top, this.#cursor)) await this.read();
  }

  /** Reads what follows the cursor; one read at a time. */
  read(): Promise<void> {
    this.#reading ??= this.#readOn().finally(() => {
      this.#reading = undefined;
      if (this.#isDoubtful) return;
      for (const entry of this.#waiting.splice(0)) this.take(entry);
    });
    return this.#reading;
  }

  async #readOn(): Promise<void> {
    for (let hasMore = true; hasMore; ) {
      const options = { ...PLENTY, limit: 20, after: this.#cursor };
      const page = await this.#node.log.read(this.#channel, options);
      if (!page.reached) {
        this.pieces.push([]);
        this.#cursor = page.top;
      }
      for (const entry of page.entries) this.#deliver(entry);
      hasMore = page.hasMore;
    }
    this.#isDoubtful = false;
  }

  #deliver(entry: LogEntry): void {
    this.#cursor = entry.position;
    this.pieces.at(-1)!.push(entry);
  }
}
