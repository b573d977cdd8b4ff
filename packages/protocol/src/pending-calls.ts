import { InvalidArgumentsError, ResourceLimitError, TimeoutError } from '@asyngular/errors';
import { elsewhere } from '@asyngular/errors/internal';
import { type Deadline, type DeadlineTimer, deadlines } from './deadline-timer.js';
import { hydrateError } from './error-wire.js';
import { hasError, type ResponsePacket } from './packets.js';
import type { StreamPart } from './stream-payloads.js';

/** Options of `PendingCalls`. */
export interface PendingCallsOptions {
  /** Calls in flight at most (default 10,000); `add` throws `ResourceLimitError` beyond. */
  limit?: number;
  /** Makes call ids; must not repeat one in flight. Default: 1, 2, 3, … */
  generateId?: () => number;
  /** Where deadlines are kept (default: the shared timer). */
  timer?: DeadlineTimer;
  /** A call has had its time, and was rejected. */
  onTimeout?: (id: number) => void;
  /** A call is over, and how; its promise settles behind it. */
  onEnd?: (call: PendingCall, end: CallEnd, error?: unknown) => void;
}

/** How a call ended: with a result, with an error of the other side, too late, or before its answer in any other way. */
export type CallEnd = 'ok' | 'error' | 'timeout' | 'cancelled';

/** What reads the answer of a call that asked for a stream. */
export interface PartReader {
  isDue(number: number): boolean;
  acceptPart(part: StreamPart, data: unknown): void;
}

/** One call in flight. */
export interface PendingCall {
  /** The packet's `cid`. */
  readonly id: number;
  readonly procedure: string;
  /** Whether a stream answers it. */
  readonly isStream: boolean;
  /** Settles with the response, the timeout, or the connection's end. */
  readonly promise: Promise<unknown>;
  /** True once settled: an unsent packet of it need not be sent any more. */
  isSettled: boolean;
  // What a server keeps of a call that it measures.
  /** The turn of the event loop in which it was made; undefined: it is over. */
  since: { readonly startedAtMs: number } | undefined;
  /** Its message on a tracing channel, while somebody traces it. */
  trace: object | undefined;
}

interface PendingCallState extends PendingCall {
  readonly owner: PendingCalls;
  readonly resolve: (data: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly reader: PartReader | undefined;
  deadline: Deadline | undefined;
}

const DEFAULT_LIMIT = 10_000;

// A promise hands out its functions only to an executor. One executor for all calls, which leaves
// them here for the next line to pick up, saves a closure per call.
let lastResolve: (data: unknown) => void;
let lastReject: (error: unknown) => void;
function keepFunctions(resolve: (data: unknown) => void, reject: (error: unknown) => void): void {
  lastResolve = resolve;
  lastReject = reject;
}

/** The calls of one socket that wait for a response, by call id. Used by client and server. */
export class PendingCalls {
  readonly #calls = new Map<number, PendingCallState>();
  readonly #limit: number;
  readonly #generateId: (() => number) | undefined;
  readonly #timer: DeadlineTimer;
  readonly #onTimeout: ((id: number) => void) | undefined;
  readonly #onEnd: PendingCallsOptions['onEnd'];
  #lastId = 0;

  constructor(options: PendingCallsOptions = {}) {
    this.#limit = options.limit ?? DEFAULT_LIMIT;
    this.#generateId = options.generateId;
    this.#timer = options.timer ?? deadlines;
    this.#onTimeout = options.onTimeout;
    this.#onEnd = options.onEnd;
  }

  /** Calls in flight. */
  get size(): number {
    return this.#calls.size;
  }

  has(id: number): boolean {
    return this.#calls.has(id);
  }

  /**
   * Registers a call. Its promise rejects with `TimeoutError` after `timeoutMs` milliseconds;
   * undefined, null or Infinity waits for ever. Throws `ResourceLimitError` at the limit and
   * `InvalidArgumentsError` when the generator repeats an id in flight; nothing is registered then.
   * `reader` gets the parts of a stream, the first of which ends the timeout.
   */
  add(event: string, timeoutMs?: number | null, reader?: PartReader): PendingCall {
    if (this.#calls.size >= this.#limit) {
      throw new ResourceLimitError(
        `Cannot invoke ${event}: ${this.#limit} calls are in flight; wait for some of them first`,
      );
    }
    const id = this.#generateId === undefined ? ++this.#lastId : this.#generateId();
    if (this.#calls.has(id)) {
      throw new InvalidArgumentsError(
        `The call id generator returned ${id}, which is in flight; return a different number each time`,
      );
    }
    const promise = new Promise<unknown>(keepFunctions);
    const call: PendingCallState = {
      id,
      procedure: event,
      isStream: reader !== undefined,
      promise,
      isSettled: false,
      since: undefined,
      trace: undefined,
      owner: this,
      resolve: lastResolve,
      reject: lastReject,
      reader,
      deadline: undefined,
    };
    if (timeoutMs !== undefined && timeoutMs !== null && timeoutMs !== Number.POSITIVE_INFINITY) {
      call.deadline = this.#timer.add(timeoutMs, rejectLateCall, call);
    }
    this.#calls.set(id, call);
    return call;
  }

  /** Settles the call that the response answers; false when there is none (too late or made up, P3.9). */
  settle(response: ResponsePacket): boolean {
    const { rid, extra } = response;
    const call = this.#calls.get(rid);
    if (call === undefined) {
      return false;
    }
    if (hasError(response)) {
      const error = hydrateError(response.error);
      this.#take(rid, 'error', error);
      call.reject(error);
      return true;
    }
    if (extra !== undefined && call.reader !== undefined) {
      this.#stopTimer(call);
      call.reader.acceptPart(extra, response.data);
      if (!extra.isEnd) return true;
    }
    // Its reader may have given it up.
    if (this.#take(rid, 'ok') === undefined) {
      return false;
    }
    call.resolve(response.data);
    return true;
  }

  /** Whether it is the turn of that response: items of a stream may not overtake each other. */
  isDue({ rid, extra }: ResponsePacket): boolean {
    return extra === undefined || this.#calls.get(rid)?.reader?.isDue(extra.number) !== false;
  }

  /** Forgets a call that is not waited for any more; its promise stays as it is. */
  drop(id: number, error?: unknown): void {
    this.#take(id, endOf(error), error);
  }

  /** Rejects one call, for instance one whose packet could not be encoded; false when it is unknown. */
  reject(id: number, error: unknown): boolean {
    const call = this.#take(id, endOf(error), error);
    call?.reject(error);
    return call !== undefined;
  }

  /** Rejects every call in the order in which they were made. Calls added meanwhile are not touched. */
  rejectAll(makeError: (call: PendingCall) => unknown): void {
    for (const [id, call] of [...this.#calls]) {
      if (!call.isSettled) this.reject(id, makeError(call));
    }
  }

  #take(id: number, end: CallEnd, error?: unknown): PendingCallState | undefined {
    const call = this.#calls.get(id);
    if (call !== undefined) {
      this.#calls.delete(id);
      call.isSettled = true;
      this.#stopTimer(call);
      this.#onEnd?.(call, end, error);
    }
    return call;
  }

  #stopTimer(call: PendingCallState): void {
    if (call.deadline !== undefined) {
      this.#timer.cancel(call.deadline);
      call.deadline = undefined;
    }
  }

  /** @internal The deadline of a call has passed. */
  timeOut({ id, procedure }: PendingCall): void {
    const error = new TimeoutError(`Event response for ${procedure} event timed out`);
    this.reject(id, elsewhere(error));
    this.#onTimeout?.(id);
  }
}

function endOf(error: unknown): CallEnd {
  return error instanceof TimeoutError ? 'timeout' : 'cancelled';
}

function rejectLateCall(call: PendingCallState): void {
  call.owner.timeOut(call);
}
