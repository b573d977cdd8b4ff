import { anyOf, checkOptions, count, type OptionTable, oneOf } from '@asyngular/errors/options';
import { InvalidActionError } from '@asyngular/protocol';
import { assertName, type ServedCall } from '@asyngular/protocol/internal';
import type { HandlerLane, QueuedRun } from '../session/handler-lanes.js';
import type { Session } from '../session/session.js';
import { runCall } from '../tracing/call-trace.js';
import { assertFunction } from './arguments.js';
import { CallContext, type ProcedureContext } from './call-context.js';

/** Options of `handle()` and `handleTransmit()`. */
export interface HandlerOptions {
  /**
   * How many run at a time per socket and name; the others wait in the order of their arrival. `serial` (default): one.
   * `parallel`: all at once. A call that is answered by a stream counts until the stream is open.
   */
  concurrency?: 'serial' | 'parallel' | number;
}

const handlerTable = {
  concurrency: anyOf(oneOf('serial', 'parallel'), count('runs', { min: 1 })),
} satisfies OptionTable<HandlerOptions>;

type Handler = (data: unknown, context: ProcedureContext) => unknown;

interface Registration {
  readonly name: string;
  readonly handler: Handler;
  /** How many may run at a time. */
  readonly limit: number;
}

/** One message for a handler, and the call to answer, if it is one. */
interface HandlerRun extends QueuedRun {
  readonly call: ServedCall | undefined;
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
    const registration = { name, handler: handler as Handler, limit: limitOf(concurrency) };
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

  /** Runs the handler of that name, if there is one. `call` is the one to answer, `size` its bytes. */
  run(session: Session, name: string, data: unknown, size: number, call?: ServedCall): boolean {
    const registration = this.#registrations.get(name);
    if (!registration) return false;
    if (call) session.unansweredCalls++;
    session.inbound.meter.add(size);
    const run = { registration, data, size, call };
    if (registration.limit === Number.POSITIVE_INFINITY) {
      this.#call(session, run);
      return true;
    }
    const key = `${this.#prefix} ${name}`;
    session.handlerLanes ??= new Map();
    const lane = session.handlerLanes.get(key) ?? { running: 0, waiting: [] };
    if (lane.running >= registration.limit) lane.waiting.push(run);
    else this.#work(session, key, lane, run);
    return true;
  }

  /** Runs one after the other, until no more have come. */
  async #work(
    session: Session,
    key: string,
    lane: HandlerLane<HandlerRun>,
    first: HandlerRun,
  ): Promise<void> {
    if (lane.running++ === 0) session.handlerLanes?.set(key, lane);
    for (let run: HandlerRun | undefined = first; run; run = lane.waiting.shift()) {
      await this.#call(session, run);
    }
    if (--lane.running === 0) session.handlerLanes?.delete(key);
  }

  /** Never rejects. */
  async #call(session: Session, { registration, data, size, call }: HandlerRun): Promise<void> {
    const { name, handler } = registration;
    try {
      // Nothing is done for a client that does not read what it asked for.
      if (session.outbound.outbox.isAbove) await session.outbound.whenDrained();
      if (session.isClosed || call?.isCancelled) {
        call?.finish();
        return;
      }
      const context = new CallContext(session, name, call);
      const result = await runCall(call, () => handler(data, context));
      call?.answer(result);
    } catch (error) {
      if (call) call.fail(error);
      else session.emitError(error, { receiver: name });
    } finally {
      if (call) session.unansweredCalls--;
      session.inbound.meter.remove(size);
    }
  }
}

function limitOf(concurrency: HandlerOptions['concurrency']): number {
  if (typeof concurrency === 'number') return concurrency;
  return concurrency === 'parallel' ? Number.POSITIVE_INFINITY : 1;
}
