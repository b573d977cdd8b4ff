import { checkOptions, type OptionTable, oneOf } from '@asyngular/errors/options';
import { InvalidActionError } from '@asyngular/protocol';
import { assertName } from '@asyngular/protocol/internal';
import type { QueuedRun } from '../session/queued-runs.js';
import type { Session } from '../session/session.js';
import { assertFunction } from './arguments.js';
import { CallContext, type ProcedureContext } from './call-context.js';

/** `serial` (default): one run at a time per socket and name, in arrival order. `parallel`: at once. */
export interface HandlerOptions {
  concurrency?: 'serial' | 'parallel';
}

const handlerTable = {
  concurrency: oneOf('serial', 'parallel'),
} satisfies OptionTable<HandlerOptions>;

type Handler = (data: unknown, context: ProcedureContext) => unknown;

interface Registration {
  readonly name: string;
  readonly handler: Handler;
  readonly serial: boolean;
}

/** One message for a handler, and the call to answer, if it is one. */
interface HandlerRun extends QueuedRun {
  readonly cid: number | undefined;
  readonly registration: Registration;
  readonly data: unknown;
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
    handler: (data: Data, context: ProcedureContext) => unknown,
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
    const run = { registration, data, size, cid };
    if (!registration.serial) {
      this.#call(session, run);
      return true;
    }
    const key = `${this.#prefix} ${name}`;
    session.handlerQueues ??= new Map();
    const queue = session.handlerQueues.get(key);
    if (queue) queue.push(run);
    else this.#runAll(session, key, run);
    return true;
  }

  /** Runs one after the other, until no more have come. */
  async #runAll(session: Session, key: string, first: HandlerRun): Promise<void> {
    const queue: HandlerRun[] = [];
    session.handlerQueues?.set(key, queue);
    for (let run: HandlerRun | undefined = first; run; run = queue.shift()) {
      await this.#call(session, run);
    }
    session.handlerQueues?.delete(key);
  }

  /** Never rejects. */
  async #call(session: Session, { registration, data, size, cid }: HandlerRun): Promise<void> {
    const { name, handler } = registration;
    try {
      // Nothing is done for a client that does not read what it asked for.
      if (session.outbound.outbox.isAbove) await session.outbound.whenDrained();
      if (session.isClosed) return;
      const result = await handler(data, new CallContext(session, name));
      if (cid !== undefined && !session.isClosed) session.answer(cid, name, result);
    } catch (error) {
      if (cid !== undefined) session.fail(cid, name, error);
      else session.emitError(error, { receiver: name });
    } finally {
      if (cid !== undefined) session.unansweredCalls--;
      session.inbound.meter.remove(size);
    }
  }
}
