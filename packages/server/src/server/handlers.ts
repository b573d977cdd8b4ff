import { checkOptions, type OptionTable, oneOf } from '@asyngular/errors/options';
import { InvalidActionError } from '@asyngular/protocol';
import { assertName } from '@asyngular/protocol/internal';
import { failCall } from '../inbound/failed-call.js';
import type { Session } from '../session/session.js';
import { type AGServerSocket, socketOf } from '../socket/server-socket.js';
import { assertFunction } from './arguments.js';

/** What a registered handler gets besides the data. */
export interface HandlerContext<Api = any> {
  readonly socket: AGServerSocket<Api>;
  /** Aborted when the socket closes, so that work nobody waits for any more can stop. */
  readonly signal: AbortSignal;
}

/** `serial` (default): one run at a time per socket and name, in arrival order. `parallel`: at once. */
export interface HandlerOptions {
  concurrency?: 'serial' | 'parallel';
}

const handlerTable = {
  concurrency: oneOf('serial', 'parallel'),
} satisfies OptionTable<HandlerOptions>;

type Handler = (data: unknown, context: HandlerContext) => unknown;

class SessionContext implements HandlerContext {
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

interface Registration {
  readonly name: string;
  readonly handler: Handler;
  readonly serial: boolean;
}

/**
 * Functions registered by name for all sockets. What a procedure's handler returns is the answer; what it
 * throws fails the call, and unless it was made to be sent it is reported, as what a receiver's handler throws
 * is. Waiting messages count in the socket's inbound meter like those in streams.
 */
export class Handlers {
  readonly #registrations = new Map<string, Registration>();
  readonly #prefix: string;

  constructor(prefix: 'procedure' | 'receiver') {
    this.#prefix = prefix;
  }

  /** Registers a handler; returns the function that removes it. Throws when the name has one. */
  add<Data>(
    name: string,
    handler: (data: Data, context: HandlerContext) => unknown,
    options?: HandlerOptions,
  ): () => void {
    if (this.#registrations.has(name)) {
      throw new InvalidActionError(
        `The ${this.#prefix} ${name} has a handler already; remove it before setting another`,
      );
    }
    assertName(name);
    assertFunction(handler, `handler of ${name}`);
    const { concurrency } = checkOptions<HandlerOptions>(
      handlerTable,
      options,
      `the handler of ${name}`,
    );
    // What a name carries is the application's promise, as in all of its types.
    const registration = { name, handler: handler as Handler, serial: concurrency !== 'parallel' };
    this.#registrations.set(name, registration);
    return () => {
      if (this.#registrations.get(name) === registration) this.#registrations.delete(name);
    };
  }

  has(name: string): boolean {
    return this.#registrations.has(name);
  }

  names(): Iterable<string> {
    return this.#registrations.keys();
  }

  /** Runs the handler of that name, if there is one. `cid` is the call to answer, `size` its bytes. */
  run(session: Session, name: string, data: unknown, size: number, cid?: number): boolean {
    const registration = this.#registrations.get(name);
    if (!registration) return false;
    if (cid !== undefined) session.unansweredCalls++;
    session.inbound.meter.add(size);
    if (!registration.serial) {
      this.#call(registration, session, data, size, cid);
      return true;
    }
    const key = `${this.#prefix} ${name}`;
    session.handlerQueues ??= new Map();
    const previous = session.handlerQueues.get(key);
    const done = previous
      ? previous.then(() => this.#call(registration, session, data, size, cid))
      : this.#call(registration, session, data, size, cid);
    session.handlerQueues.set(key, done);
    done.then(() => {
      if (session.handlerQueues?.get(key) === done) session.handlerQueues.delete(key);
    });
    return true;
  }

  /** Never rejects. */
  async #call(
    { name, handler }: Registration,
    session: Session,
    data: unknown,
    size: number,
    cid: number | undefined,
  ): Promise<void> {
    try {
      // Nothing is done for a client that does not read what it asked for.
      if (session.outbound.outbox.isAbove) await session.outbound.whenDrained();
      if (session.isClosed) return;
      const result = await handler(data, new SessionContext(session));
      if (cid !== undefined && !session.isClosed) session.respond(cid, result);
    } catch (error) {
      if (cid !== undefined) failCall(session, cid, name, error);
      else session.emitError(error, { receiver: name });
    } finally {
      if (cid !== undefined) session.unansweredCalls--;
      session.inbound.meter.remove(size);
    }
  }
}
