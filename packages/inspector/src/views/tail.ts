import type { Tail, TailLine } from '../api/snapshots.js';
import type { Clock } from '../clock.js';

/** Lines per second that are kept; a burst of as many at once is. */
const LINES_PER_SECOND = 20;
/** Lines that wait for a viewer. */
const MAX_LINES = 200;
/** Characters of the lines of one answer, as JSON, which has to fit a message between servers. */
const MAX_ANSWER = 48_000;

/** What is known of something that came by before it is made a line of. */
export interface Passing {
  readonly way: TailLine['way'];
  readonly bytes: number;
  /** Called only for those that are kept; `undefined`: nothing to show, such as a heartbeat. */
  readonly text: () => string | undefined;
}

/** A sample of what passes on a channel or a socket: as many lines per second as one can read, and the count of all. */
export class Sample {
  readonly #clock: Clock;
  readonly #lines: TailLine[] = [];
  #seen = 0;
  #shown = 0;
  #allowance = LINES_PER_SECOND;
  #refilledAt: number;
  /** Why nothing more comes. */
  ended: string | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#refilledAt = clock.now();
  }

  add({ way, bytes, text }: Passing): void {
    this.#seen++;
    this.#refill();
    if (this.#allowance < 1) return;
    const shown = text();
    if (shown === undefined) return;
    this.#allowance--;
    this.#lines.push({ number: ++this.#shown, at: this.#clock.wallNow(), way, bytes, text: shown });
    if (this.#lines.length > MAX_LINES) this.#lines.shift();
  }

  /** The lines behind one that is known. */
  read(after: number): Tail {
    const lines: TailLine[] = [];
    let length = 0;
    for (const line of this.#lines) {
      if (line.number <= after) continue;
      length += JSON.stringify(line.text).length;
      // One line fits in any case: if none were sent, the viewer would ask for the same one for ever.
      if (length > MAX_ANSWER && lines.length > 0) break;
      lines.push(line);
    }
    const { ended } = this;
    return { seen: this.#seen, shown: this.#shown, perSecond: LINES_PER_SECOND, ended, lines };
  }

  #refill(): void {
    const now = this.#clock.now();
    const earned = ((now - this.#refilledAt) * LINES_PER_SECOND) / 1_000;
    this.#allowance = Math.min(LINES_PER_SECOND, this.#allowance + earned);
    this.#refilledAt = now;
  }
}
