import type { DurationHistogram } from './histogram.js';

/** A turn of the event loop in which something began that is timed. */
export interface Turn {
  /** Monotonic, in ms. */
  readonly startedAtMs: number;
}

/** Where turns end. */
export interface TurnEnd {
  /** Called at the end of each turn that was asked for, once what it sends is on its way. */
  onFlushed: (() => void) | undefined;
  /** Asks for the end of this turn. */
  schedule(): void;
}

/** The beginning of what is not timed. */
const UNTIMED: Turn = { startedAtMs: 0 };

/** What ended one after another with the same beginning, in the same histogram. */
interface Run {
  readonly durations: DurationHistogram;
  readonly since: Turn;
  count: number;
}

/**
 * Times what begins in one turn of the event loop and ends in that or a later one. A look at the clock costs more than
 * all else that is done for one call, so there are two for a turn, however many calls it has: at the first that begins, and
 * at the end, when the answers are on their way.
 */
export class TurnTimes {
  /** Whether anything is timed: clocks cost more than counters, so only where somebody looks at metrics. */
  isOn = false;
  readonly #turnEnd: TurnEnd;
  readonly #now: () => number;
  #turn: Turn | undefined;
  #runs: Run[] = [];
  #last: Run | undefined;

  /** @param now monotonic milliseconds */
  constructor(turnEnd: TurnEnd, now = () => performance.now()) {
    this.#turnEnd = turnEnd;
    this.#now = now;
    turnEnd.onFlushed = () => {
      this.#turn = undefined;
      this.settle();
    };
  }

  /** Something begins; the result is for `end()`. */
  begin(): Turn {
    if (!this.isOn) return UNTIMED;
    this.#turn ??= this.#startTurn();
    return this.#turn;
  }

  /** It has ended, and counts when the turn does. */
  end(since: Turn, durations: DurationHistogram): void {
    if (since === UNTIMED) return;
    const last = this.#last;
    if (last !== undefined && last.since === since && last.durations === durations) {
      last.count++;
      return;
    }
    if (last === undefined) this.#turnEnd.schedule();
    this.#last = { durations, since, count: 1 };
    this.#runs.push(this.#last);
  }

  /** What has ended counts now, as if the turn did. */
  settle(): void {
    if (this.#last === undefined) return;
    const nowMs = this.#now();
    for (const { durations, since, count } of this.#runs) {
      durations.add(nowMs - since.startedAtMs, count);
    }
    this.#runs = [];
    this.#last = undefined;
  }

  #startTurn(): Turn {
    this.#turnEnd.schedule();
    return { startedAtMs: this.#now() };
  }
}
