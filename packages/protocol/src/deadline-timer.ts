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
  readonly callback: (argument: never) => void;
  /** What `add` was given for this very callback. */
  readonly argument: unknown;
}

/**
 * Deadlines of one duration, in order: they fall due in the order in which they were added, so that
 * the one `setTimeout` is always meant for the head. An empty list has no timeout.
 */
interface DeadlineList {
  readonly timer: DeadlineTimer;
  readonly durationMs: number;
  readonly clock: typeof setTimeout;
  readonly clear: typeof clearTimeout;
  head: Deadline | null;
  tail: Deadline | null;
  /** Set while the list waits; undefined when it is empty or firing. */
  timeout: ReturnType<typeof setTimeout> | undefined;
  /** Callbacks are running: they may add and cancel, and the timeout is set again afterwards. */
  isFiring: boolean;
  /** Empty, kept for reuse and counted. */
  isIdle: boolean;
}

// Empty lists kept for reuse. A call answered at once would otherwise remake its list each time, which
// costs as much as the timeout itself; the number is bounded because durations may be random.
const MAX_IDLE_LISTS = 8;

/**
 * Many timeouts of few durations for the price of one `setTimeout` per duration: adding links a node
 * to the end of a list, cancelling unlinks it. Fires in order and exact to the millisecond (it never
 * fires a whole millisecond early). A list that becomes empty clears its timeout.
 */
export class DeadlineTimer {
  readonly #lists = new Map<number, DeadlineList>();
  readonly #unref: boolean;
  #size = 0;
  #idleLists = 0;

  constructor(options: DeadlineTimerOptions = {}) {
    this.#unref = options.unref ?? false;
  }

  /** Deadlines pending. */
  get size(): number {
    return this.#size;
  }

  /**
   * Calls `callback(argument)` in `durationMs` milliseconds unless cancelled. Durations beyond
   * 2^31−1 ms are clamped to that; those below 1 ms and NaN count as 1, as with `setTimeout`.
   */
  add<T>(durationMs: number, callback: (argument: T) => void, argument: T): Deadline {
    const list = this.#listOf(clampDuration(durationMs));
    const deadline: Deadline = {
      list,
      previous: list.tail,
      next: null,
      dueMs: performance.now() + list.durationMs,
      callback,
      argument,
    };
    if (list.tail === null) {
      list.head = deadline;
    } else {
      list.tail.next = deadline;
    }
    list.tail = deadline;
    if (list.timeout === undefined && !list.isFiring) {
      this.#arm(list, list.durationMs);
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
    if (list.head === null && !list.isFiring) {
      const { clear } = list;
      clear(list.timeout);
      list.timeout = undefined;
      this.#retire(list);
    }
  }

  /** The list of that duration, about to get a deadline. */
  #listOf(durationMs: number): DeadlineList {
    const known = this.#lists.get(durationMs);
    if (known?.isIdle) {
      known.isIdle = false;
      this.#idleLists--;
    }
    // A replaced global clock (fake timers in tests) gets lists of its own: the others' never tick there.
    if (known !== undefined && known.clock === setTimeout) {
      return known;
    }
    const list: DeadlineList = {
      timer: this,
      durationMs,
      clock: setTimeout,
      clear: clearTimeout,
      head: null,
      tail: null,
      timeout: undefined,
      isFiring: false,
      isIdle: false,
    };
    this.#lists.set(durationMs, list);
    return list;
  }

  #arm(list: DeadlineList, ms: number): void {
    const { clock } = list;
    const timeout = clock(DeadlineTimer.#onTimeout, ms, list);
    if (this.#unref) {
      (timeout as { unref?: () => void }).unref?.();
    }
    list.timeout = timeout;
  }

  /** One function for all lists: a closure per timeout would cost as much as the timeout. */
  static #onTimeout(list: DeadlineList): void {
    list.timer.#fire(list);
  }

  #fire(list: DeadlineList): void {
    list.timeout = undefined;
    list.isFiring = true;
    try {
      // Clocks round: a timeout may come a fraction of a millisecond before its time. And what
      // callbacks add now is not due now, however long they take: the loop ends.
      const nowMs = performance.now();
      for (let head = list.head; head !== null && head.dueMs - nowMs < 1; head = list.head) {
        this.#unlink(list, head);
        head.callback(head.argument as never);
      }
    } finally {
      list.isFiring = false;
      // Also after a callback that threw: the others still have to fire.
      if (list.head === null) {
        this.#retire(list);
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

  /** Keeps an empty list for reuse, or forgets it when enough are kept or another took its place. */
  #retire(list: DeadlineList): void {
    if (this.#lists.get(list.durationMs) !== list) {
      return;
    }
    if (this.#idleLists < MAX_IDLE_LISTS) {
      list.isIdle = true;
      this.#idleLists++;
    } else {
      this.#lists.delete(list.durationMs);
    }
  }
}

/** The timer that all parts of a process share, so that equal durations share their lists. */
export const deadlines: DeadlineTimer = /* @__PURE__ */ new DeadlineTimer();

function clampDuration(durationMs: number): number {
  // Written so that NaN becomes 1.
  return durationMs > 1 ? Math.min(durationMs, MAX_TIMEOUT_MS) : 1;
}
