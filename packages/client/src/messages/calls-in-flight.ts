import { InvalidArgumentsError } from '@asyngular/protocol';
import { development } from '#development';
import type { Context } from '../context.js';
import type { CallMessage } from './message.js';

/** The calls that were sent and have no answer yet, by their id, in the order in which they were sent. */
export class CallsInFlight {
  readonly #context: Pick<Context, 'options'>;
  readonly #calls = new Map<number | undefined, CallMessage>();
  /** Ids go on over connections, so late replies find nothing. */
  #lastId = 0;

  constructor(context: Pick<Context, 'options'>) {
    this.#context = context;
  }

  get size(): number {
    return this.#calls.size;
  }

  /**
   * Gives the call an id.
   * @throws what the application's generator throws, and InvalidArgumentsError for an id that another call has
   */
  add(call: CallMessage): void {
    const id = this.#context.options.callIdGenerator?.() ?? ++this.#lastId;
    if (!(id > 0) || this.#calls.has(id)) {
      throw new InvalidArgumentsError(
        development
          ? `The callIdGenerator option returned ${String(id)}; it must be a positive number that no call has`
          : `callIdGenerator: ${String(id)}`,
      );
    }
    call.packet.cid = id;
    this.#calls.set(id, call);
  }

  get(id: number | undefined): CallMessage | undefined {
    return this.#calls.get(id);
  }

  delete(call: CallMessage): void {
    this.#calls.delete(call.packet.cid);
  }

  [Symbol.iterator](): Iterator<CallMessage> {
    return this.#calls.values();
  }
}
