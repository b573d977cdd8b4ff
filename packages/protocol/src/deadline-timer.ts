import { MAX_TIMEOUT_MS } from './payloads.js';

/** Options of `DeadlineTimer`. */
export interface DeadlineTimerOptions {
  /** On Node, let the process end while deadlines are pending (default false). */
  unref?: boolean;
}

/** Handle of a pending deadline; hand it to `cancel`, look at nothing else. */
export interface Deadline {
  /** Null once the deadline has fired or was cancelled. */
  list: DeadlineList | null;
  previous: Deadline | null;
  next: Deadline | null;
  readonly dueMs: number;
  readonly callback: (argument: any) => void;
  readonly argument: unknown;
}

/**
 * Deadlines of one duration, in order: they fall due in the order in which they were added, so that
 * the one `setTimeout` is always meant for the head. Never empty while it is in the timer's map.
 */
interface DeadlineList {
  readonly durationMs: number;
  readonly clock: typeof setTimeout;
  readonly clear: typeof clearTimeout;
  head: Deadline | null;
  tail: Deadline | null;
  timeout: ReturnType<typeof setTimeout> | undefined;
}

/**
 * Many timeouts of few durations for the price of one `setTimeout` per duration: adding links a node
 * to the end of a list, cancelling unlinks it. Fires in order and exact to the millisecond (it never
 * fires a whole millisecond early). A list that becomes empty clears its timeout and is forgotten.
 */
export class DeadlineTimer {
  readonly #lists = new Map<number, DeadlineList>();
  readonly #unref: boolean;
  #size = 0;

  constructor(options: DeadlineTimerOptions = {}) {
    this.#unref = options.unref ?? false;
  }

  /** Deadlines pending. */
  get size(): number {
    return this.#size;
  }

  /**
   * Calls `callback(argument)` in `durationMs` milliseconds unless cancelled. Durations beyond
   * 2^31−1 ms are clamped to that; negative ones and NaN count as 0.
   */
  add<T>(durationMs: number, callback: (argument: T) => void, argument: T): Deadline {
    const ms = clampDuration(durationMs);
    let list = this.#lists.get(ms);
    // A replaced global clock (fake timers in tests) gets lists of its own: the others' never tick there.
    if (list === undefined || list.clock !== setTimeout) {
      list = {
        durationMs: ms,
        clock: setTimeout,
        clear: clearTimeout,
        head: null,
        tail: null,
        timeout: undefined,
      };
      this.#lists.set(ms, list);
    }
    const deadline: Deadline = {
      list,
      previous: list.tail,
      next: null,
      dueMs: performance.now() + ms,
      callback,
      argument,
    };
    if (list.tail === null) {
      list.head = deadline;
      list.tail = deadline;
      this.#arm(list, ms);
    } else {
      list.tail.next = deadline;
      list.tail = deadline;
    }
    this.#size++;
    return deadline;
  }

  /** Cancels a deadline; nothing happens when it has fired or was cancelled before. */
  cancel(deadline: Deadline): void {
    const { list } = deadline;
    if (list === null) {
      return;
    }
    this.#unlink(list, deadline);
    if (list.head === null) {
      const { clear } = list;
      clear(list.timeout);
      this.#forget(list);
    }
  }

  #arm(list: DeadlineList, ms: number): void {
    const { clock } = list;
    const timeout = clock(() => this.#fire(list), ms);
    if (this.#unref) {
      (timeout as { unref?: () => void }).unref?.();
    }
    list.timeout = timeout;
  }

  #fire(list: DeadlineList): void {
    try {
      // Clocks round: a timeout may come a fraction of a millisecond before its time.
      for (
        let head = list.head;
        head !== null && head.dueMs - performance.now() < 1;
        head = list.head
      ) {
        this.#unlink(list, head);
        head.callback(head.argument);
      }
    } finally {
      // Also after a callback that threw: the others still have to fire.
      if (list.head === null) {
        this.#forget(list);
      } else {
        this.#arm(list, Math.max(0, list.head.dueMs - performance.now()));
      }
    }
  }

  #unlink(list: DeadlineList, deadline: Deadline): void {
    if (deadline.previous === null) {
      list.head = deadline.next;
    } else {
      deadline.previous.next = deadline.next;
    }
    if (deadline.next === null) {
      list.tail = deadline.previous;
    } else {
      deadline.next.previous = deadline.previous;
    }
    deadline.list = null;
    deadline.previous = null;
    deadline.next = null;
    this.#size--;
  }

  #forget(list: DeadlineList): void {
    if (this.#lists.get(list.durationMs) === list) {
      this.#lists.delete(list.durationMs);
    }
  }
}

/** The timer that all parts of a process share, so that equal durations share their lists. */
export const deadlines: DeadlineTimer = /* @__PURE__ */ new DeadlineTimer();

function clampDuration(durationMs: number): number {
  // Written so that NaN becomes 0.
  return durationMs > 0 ? Math.min(durationMs, MAX_TIMEOUT_MS) : 0;
}
