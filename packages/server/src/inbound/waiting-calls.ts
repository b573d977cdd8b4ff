import { nearestName } from '@asyngular/errors/options';
import { NoHandlerError } from '@asyngular/protocol';
import type { ServedCall } from '@asyngular/protocol/internal';
import { deadlines } from '../turns/deadlines.js';
import type { InboundSession } from './inbound-session.js';

/** How long after its handshake a socket may still get its loops from a `connection` loop that awaits something. */
const YOUNG_MS = 1_000;

/** A call for which there was neither a handler nor a loop when it came. */
interface WaitingCall {
  readonly call: ServedCall;
  readonly size: number;
  deliver(): void;
}

/**
 * The calls of one socket for which there is neither a handler nor a loop. They are refused with a
 * `NoHandlerError`, but not at once: a loop that is set up in the same turn gets them, and so does, while the
 * socket is young and the application reads `connection`, one that is set up after an await. They count as
 * calls in flight, so `maxPendingCalls` bounds them.
 */
export class WaitingCalls {
  readonly #session: InboundSession;
  readonly #calls = new Map<string, WaitingCall[]>();

  constructor(session: InboundSession) {
    this.#session = session;
  }

  add(procedure: string, call: WaitingCall): void {
    this.#session.unansweredCalls++;
    this.#session.inbound.meter.add(call.size);
    const waiting = this.#calls.get(procedure);
    if (waiting) {
      waiting.push(call);
      return;
    }
    this.#calls.set(procedure, [call]);
    const waitMs = this.#waitMs();
    if (waitMs > 0) deadlines.add(waitMs, settle, { calls: this, procedure });
    else setImmediate(settle, { calls: this, procedure });
  }

  /** Somebody is about to read that procedure: the calls that wait for it need not wait any longer. */
  wake(procedure: string): void {
    if (!this.#calls.has(procedure)) return;
    setImmediate(() => {
      if (this.#isServed(procedure)) this.settle(procedure);
    });
  }

  /** Delivers the calls of that name if they are served by now; refuses them otherwise. */
  settle(procedure: string): void {
    const waiting = this.#calls.get(procedure);
    if (waiting === undefined) return;
    this.#calls.delete(procedure);
    const session = this.#session;
    const isServed = this.#isServed(procedure);
    for (const { call, size, deliver } of waiting) {
      session.unansweredCalls--;
      session.inbound.meter.remove(size);
      if (call.isCancelled) call.finish();
      else if (isServed) deliver();
      else this.#refuse(call, procedure);
    }
  }

  #isServed(procedure: string): boolean {
    const { core, socket } = this.#session;
    return (
      core.procedureHandlers?.has(procedure) === true ||
      socket.getProcedureConsumerCount(procedure) > 0
    );
  }

  #waitMs(): number {
    const { core, openedAt } = this.#session;
    if (core.server.getListenerConsumerCount('connection') === 0) return 0;
    return openedAt + YOUNG_MS - performance.now();
  }

  #refuse(call: ServedCall, procedure: string): void {
    this.#session.core.counters.unhandledCalls++;
    const meant = process.env.NODE_ENV === 'production' ? undefined : this.#nearest(procedure);
    const hint = meant === undefined ? '' : `; did you mean "${meant}"?`;
    const error = new NoHandlerError(`nobody handles the procedure "${procedure}"${hint}`);
    call.fail(error);
  }

  #nearest(procedure: string): string | undefined {
    const { core, socket } = this.#session;
    const read = socket.getAllProceduresConsumerStatsList().map(({ stream }) => stream ?? '');
    return nearestName(procedure, [...(core.procedureHandlers?.names() ?? []), ...read]);
  }
}

function settle({ calls, procedure }: { calls: WaitingCalls; procedure: string }): void {
  calls.settle(procedure);
}
