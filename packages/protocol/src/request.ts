import { InvalidActionError } from '@asyngular/errors';
import { responseError } from './error-wire.js';
import type { WireResponse } from './packets.js';
import type { ServedCall } from './served-call.js';

/** Sends the response to a call of `procedure`, with an error as it was given. Must not throw; the socket implements it. */
export type Respond = (response: WireResponse, procedure: string) => void;

/** A remote call that waits for our answer; the caller times out when it gets none. */
export class AGRequest<Socket = any, Data = any, Result = any> {
  /** The socket that the call came through. */
  readonly socket: Socket;
  /** The caller's number for the call. */
  readonly id: number;
  /** Name of the procedure that is called. */
  readonly procedure: string;
  /** What the caller passed. */
  readonly data: Data;
  /** Whether an answer was given. */
  sent = false;
  readonly #respond: Respond;
  readonly #call: ServedCall | undefined;

  constructor(
    socket: Socket,
    respond: Respond,
    id: number,
    procedure: string,
    data: Data,
    call?: ServedCall,
  ) {
    this.socket = socket;
    this.id = id;
    this.procedure = procedure;
    this.data = data;
    this.#respond = respond;
    this.#call = call;
  }

  /** Aborted when the caller withdraws the call, at its deadline, and when the connection ends before the answer. */
  get signal(): AbortSignal {
    return this.#call?.signal ?? new AbortController().signal;
  }

  /** When the caller stops waiting, in ms since the epoch; `undefined`: it did not say. */
  get deadline(): number | undefined {
    return this.#call?.deadline;
  }

  /** What the caller sends along as `body`, to be read once; empty when it is nothing. */
  get body(): AsyncIterable<unknown> {
    return this.#call?.body ?? emptyBody();
  }

  /**
   * Answers the call; an async iterable is sent as a stream. Throws `InvalidActionError` when it was answered
   * before. Options are accepted for compatibility and unused.
   */
  end(data?: Result, _options?: unknown): void {
    this.#send({ rid: this.id, data });
  }

  /**
   * Fails the call; the caller's promise rejects with a copy of the error. `undefined` and `null`
   * become an `UnknownError`. Throws `InvalidActionError` when the call was answered before.
   */
  error(error: unknown, _options?: unknown): void {
    this.#send({ rid: this.id, error: responseError(error) });
  }

  #send(response: WireResponse): void {
    if (this.sent) {
      throw new InvalidActionError(`Response to request ${this.id} has already been sent`);
    }
    this.sent = true;
    this.#respond(response, this.procedure);
  }
}

async function* emptyBody(): AsyncGenerator<never> {}
