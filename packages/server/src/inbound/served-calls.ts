import {
  AsyngularError,
  InvalidActionError,
  type InvokePacket,
  NoHandlerError,
} from '@asyngular/protocol';
import {
  type CallPacket,
  parseTraceContext,
  type ServedCall,
  type ServedCallPort,
  ServedCallTable,
} from '@asyngular/protocol/internal';
import type { Refusal } from '../contract/check-line.js';
import type { LimitName } from '../limits/limits.js';
import type { CallMeter } from '../metrics/call-meter.js';
import type { CallOutcome } from '../metrics/call-outcomes.js';
import { beginCall, endCall } from '../tracing/call-trace.js';
import { callChannel } from '../tracing/channels.js';
import { deadlines } from '../turns/deadlines.js';
import type { StreamTurns } from '../turns/stream-turns.js';
import { classifiable, isAbort } from './failed-call.js';

/** What the calls of a client need of its session. */
export interface ServedCallsOwner {
  readonly core: {
    readonly options: ServedCallPort['window'] & { readonly maxStreams: number };
    readonly calls: CallMeter<CallOutcome>;
    readonly server: object;
    readonly streamTurns: StreamTurns;
  };
  readonly isClosed: boolean;
  readonly socket: object;
  /** Additions to the protocol that both sides named. */
  readonly extensions: ReadonlyMap<string, unknown> | undefined;
  readonly inbound: {
    readonly meter: { add(bytes: number): void; remove(bytes: number): void };
    expectAnswer(): void;
  };
  readonly outbound: {
    readonly outbox: { readonly isAbove: boolean };
    whenDrained(): Promise<void>;
  };
  emitError(error: unknown): void;
  countLimit(limit: LimitName): void;
  /** Answers a call, once the contract has checked the result. */
  answer(id: number, procedure: string, result: unknown): Refusal | Promise<Refusal>;
  /** Fails a call with an error of the application. */
  fail(id: number, procedure: string, error: unknown): Refusal | Promise<Refusal>;
  /** The stream as the contract lets it go out. */
  checkStream(procedure: string, stream: AsyncIterable<unknown>): AsyncIterable<unknown>;
  /** Sends what a stream returns; `end` is the number after its last item. */
  respond(id: number, data: unknown, end: number): void;
  respondError(id: number, error: unknown): void;
  /** Sends something of a call that is not its answer. */
  sendPart(packet: CallPacket): void;
}

/** The calls of one socket; see {@link ServedCallTable}. */
export class ServedCalls extends ServedCallTable {
  readonly #session: ServedCallsOwner;
  /** Calls whose answer an asynchronous schema looks at. */
  #checking: Set<ServedCall> | undefined;

  constructor(session: ServedCallsOwner) {
    super();
    this.#session = session;
  }

  get window(): ServedCallsOwner['core']['options'] {
    return this.#session.core.options;
  }

  protected has(extension: string): boolean {
    return this.#session.extensions?.has(extension) === true;
  }

  /** A call has arrived. Refuses it, and returns `undefined`, when it is one stream too many. */
  override begin(packet: InvokePacket): ServedCall | undefined {
    const session = this.#session;
    const call = super.begin(packet);
    if (call === undefined) {
      const { maxStreams } = this.window;
      session.countLimit('maxStreams');
      const text = `Cannot call ${packet.event}: ${maxStreams} streams are open already`;
      session.core.calls.count(packet.event, 'refused');
      session.respondError(packet.cid, new InvalidActionError(text));
      return undefined;
    }
    const { calls } = session.core;
    calls.begin(call);
    if (callChannel.hasSubscribers) {
      beginCall(call, {
        server: session.core.server,
        socket: session.socket,
        isDeclared: calls.isDeclared(call.procedure),
        context: parseTraceContext(packet.trace),
      });
    }
    session.inbound.expectAnswer();
    return call;
  }

  /** The application, or its contract, has said what becomes of a call, past the call itself. */
  settle(call: ServedCall, outcome: CallOutcome, error?: unknown): void {
    this.#end(call, outcome, error);
    call.finish();
  }

  override forget(call: ServedCall): void {
    super.forget(call);
    if (call.isCancelled) this.#end(call, 'cancelled');
  }

  /** The streams that answer calls end, with an error for their readers. */
  endStreams(error: Error): void {
    this.closing = error;
    for (const call of [...this.unanswered.values()]) call.endStream(error);
  }

  override end(): void {
    super.end();
    // Some handlers and loops never answer a call that nobody waits for.
    for (const call of this.unanswered.values()) this.#end(call, 'cancelled');
    for (const call of this.#checking ?? []) this.#end(call, 'cancelled');
  }

  send(packet: CallPacket): void {
    this.#session.sendPart(packet);
  }

  respond(call: ServedCall, data: unknown, end?: number): void {
    const session = this.#session;
    if (end === undefined) {
      this.#endChecked(call, 'ok', session.answer(call.id, call.procedure, data));
    } else {
      session.respond(call.id, data, end);
      this.#end(call, 'ok');
    }
  }

  fail(call: ServedCall, thrown: unknown): void {
    const error = classifiable(thrown);
    const { id, procedure, isCancelled } = call;
    if (isCancelled) this.#end(call, 'cancelled', error);
    if (isCancelled && !this.#session.isClosed) this.report(error);
    else this.#endChecked(call, outcomeOf(error), this.#session.fail(id, procedure, error), error);
  }

  /** What the contract makes of a stream. */
  prepare({ procedure }: ServedCall, stream: AsyncIterable<unknown>): AsyncIterable<unknown> {
    return this.#session.checkStream(procedure, stream);
  }

  report(thrown: unknown): void {
    const error = classifiable(thrown);
    if (!(error instanceof AsyngularError || isAbort(error))) this.#session.emitError(error);
  }

  whenWritable(): Promise<void> | undefined {
    const { core, outbound, isClosed } = this.#session;
    return outbound.outbox.isAbove && !isClosed ? outbound.whenDrained() : core.streamTurns.take();
  }

  startTimer(callback: () => void, delayMs: number): () => void {
    const deadline = deadlines.add(delayMs, callback, undefined);
    return () => deadlines.cancel(deadline);
  }

  hold(bytes: number): void {
    this.#session.inbound.meter.add(bytes);
  }

  release(bytes: number): void {
    this.#session.inbound.meter.remove(bytes);
  }

  /** The outcome stands once the contract has let the answer go. */
  #endChecked(
    call: ServedCall,
    outcome: CallOutcome,
    refusal: Refusal | Promise<Refusal>,
    error?: unknown,
  ): void {
    if (refusal === undefined) this.#end(call, outcome, error);
    else if (!(refusal instanceof Promise)) this.#end(call, 'internal', refusal.error);
    else {
      this.#checking ??= new Set();
      this.#checking.add(call);
      refusal.then((found) => {
        this.#checking?.delete(call);
        this.#endChecked(call, outcome, found, error);
      });
    }
  }

  #end(call: ServedCall, outcome: CallOutcome, error?: unknown): void {
    if (this.#session.core.calls.end(call, outcome)) endCall(call, outcome, error);
  }
}

/** What an error of the application, or of ours, says about the call that it fails. */
function outcomeOf(error: unknown): CallOutcome {
  if (error instanceof NoHandlerError) return 'unhandled';
  return error instanceof AsyngularError ? 'error' : 'internal';
}
