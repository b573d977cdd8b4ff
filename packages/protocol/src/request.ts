import { responseError } from './error-wire.js';
import { InvalidActionError } from './errors-general.js';

/** Where a request's answer goes; the socket implements it. Neither method may throw. */
export interface RequestResponder {
  /** Sends the result of call `id`; a result that cannot be encoded becomes an error response. */
  respond(id: number, data: unknown, options?: unknown): void;
  /** Sends the error of call `id`, dehydrated; it is never null or undefined. */
  respondError(id: number, error: unknown, options?: unknown): void;
}

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
  readonly #responder: RequestResponder;

  constructor(
    socket: Socket,
    responder: RequestResponder,
    id: number,
    procedure: string,
    data: Data,
  ) {
    this.socket = socket;
    this.id = id;
    this.procedure = procedure;
    this.data = data;
    this.#responder = responder;
  }

  /** Answers the call. Throws `InvalidActionError` when it was answered before. */
  end(data?: Result, options?: unknown): void {
    this.#markSent();
    this.#responder.respond(this.id, data, options);
  }

  /**
   * Fails the call; the caller's promise rejects with a copy of the error. `undefined` and `null`
   * become an `UnknownError`. Throws `InvalidActionError` when the call was answered before.
   */
  error(error: unknown, options?: unknown): void {
    this.#markSent();
    this.#responder.respondError(this.id, responseError(error), options);
  }

  #markSent(): void {
    if (this.sent) {
      throw new InvalidActionError(`Response to request ${this.id} has already been sent`);
    }
    this.sent = true;
  }
}
