import type { Session } from '../session/session.js';
import { type AGServerSocket, socketOf } from '../socket/server-socket.js';

/** What a registered handler gets besides the data. */
export interface HandlerContext<Api = any> {
  readonly socket: AGServerSocket<Api>;
  /** Aborted when the socket closes, so that work nobody waits for any more can stop. */
  readonly signal: AbortSignal;
}

/** The context of one run of a handler. */
export class CallContext implements HandlerContext {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  get socket(): AGServerSocket {
    return socketOf(this.#session);
  }

  get signal(): AbortSignal {
    return this.#session.signal;
  }
}
