import { hasError, hydrateError, type ResponsePacket, TimeoutError } from '@asyngular/protocol';
import { type Deadline, deadlines } from '@asyngular/protocol/internal';

/** A remote call from its start until exactly one of its callbacks has run. */
export interface Call {
  readonly event: string;
  readonly resolve: (data: unknown) => void;
  readonly reject: (error: unknown) => void;
  /** Its number on the wire; 0 until it is sent. */
  id: number;
  deadline: Deadline | undefined;
}

/** The error of an `ackTimeout`. */
export function ackTimeoutError(event: string): TimeoutError {
  return new TimeoutError(`Event response for ${event} event timed out`);
}

/**
 * Calls on the wire, by id. Callbacks rather than promises, because replies to `#handshake`,
 * `#subscribe` and `#authenticate` must take effect before the next packet of the same batch.
 */
export class CallTable {
  readonly #calls = new Map<number, Call>();
  #lastId = 0;

  get size(): number {
    return this.#calls.size;
  }

  /** Numbers a call that is about to be sent. Ids go on over connections, so late replies find nothing. */
  add(call: Call, generateId?: () => number): number {
    call.id = generateId ? generateId() : ++this.#lastId;
    this.#calls.set(call.id, call);
    return call.id;
  }

  /** Hands a reply to its call; unknown and late ones are ignored. */
  settle(response: ResponsePacket): void {
    const call = this.take(response.rid);
    if (call) {
      if (hasError(response)) {
        call.reject(hydrateError(response.error));
      } else {
        call.resolve(response.data);
      }
    }
  }

  /** Removes a call and cancels its deadline; its callbacks are the caller's business then. */
  take(id: number): Call | undefined {
    const call = this.#calls.get(id);
    if (call) {
      this.#calls.delete(id);
      cancelDeadline(call);
    }
    return call;
  }

  /** Rejects every call, oldest first. */
  rejectAll(makeError: (event: string) => Error): void {
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    for (const call of calls) {
      cancelDeadline(call);
      call.reject(makeError(call.event));
    }
  }
}

/** Stops an item's deadline, if it has one. */
export function cancelDeadline(item: { deadline: Deadline | undefined }): void {
  if (item.deadline) {
    deadlines.cancel(item.deadline);
    item.deadline = undefined;
  }
}
