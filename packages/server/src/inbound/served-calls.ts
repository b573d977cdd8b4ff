import {
  AbortError,
  AsyngularError,
  InvalidActionError,
  type InvokePacket,
} from '@asyngular/protocol';
import {
  type BodyPart,
  CANCEL_EXTENSION,
  type CallPacket,
  type CallTerms,
  ServedCall,
  type ServedCallPort,
  STREAM_EXTENSION,
} from '@asyngular/protocol/internal';
import type { LimitName } from '../limits/limits.js';
import { deadlines } from '../turns/deadlines.js';
import { isAbort } from './failed-call.js';

/** What the calls of a client need of its session. */
export interface ServedCallsOwner {
  readonly core: {
    readonly options: ServedCallPort['window'] & { readonly maxStreams: number };
  };
  readonly isClosed: boolean;
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
  answer(id: number, procedure: string, result: unknown): void;
  /** Fails a call with an error of the application. */
  fail(id: number, procedure: string, error: unknown): void;
  /** The stream as the contract lets it go out. */
  checkStream(procedure: string, stream: AsyncIterable<unknown>): AsyncIterable<unknown>;
  /** Sends what a stream returns; `end` is the number after its last item. */
  respond(id: number, data: unknown, end: number): void;
  respondError(id: number, error: unknown): void;
  /** Sends something of a call that is not its answer. */
  sendPart(packet: CallPacket): void;
}

/**
 * The calls of one socket that have no answer yet, or a stream as their answer. They are known by their ids, so that
 * the client can withdraw them, give them credit and send their bodies.
 */
export class ServedCalls implements ServedCallPort {
  /** Set by `endStreams()`: later ones end at once. */
  closing: Error | undefined;
  readonly #session: ServedCallsOwner;
  readonly #calls = new Map<number, ServedCall>();
  #streams = 0;

  constructor(session: ServedCallsOwner) {
    this.#session = session;
  }

  get size(): number {
    return this.#calls.size;
  }

  /** How many of them have streams or bodies. */
  get streams(): number {
    return this.#streams;
  }

  get window(): ServedCallPort['window'] {
    return this.#session.core.options;
  }

  /** A call has arrived. Refuses it, and returns `undefined`, when it is one stream too many. */
  begin({ cid, event, extra }: InvokePacket): ServedCall | undefined {
    const session = this.#session;
    const call = new ServedCall(cid, event, this.#agreed(extra), this);
    if (call.isStream) {
      const limit = session.core.options.maxStreams;
      if (this.#streams >= limit) {
        session.countLimit('maxStreams');
        session.respondError(
          cid,
          new InvalidActionError(`Cannot call ${event}: ${limit} streams are open already`),
        );
        return undefined;
      }
      this.#streams++;
    }
    // A client that uses an id twice has given the first call up.
    this.#calls.get(cid)?.cancel(withdrawal());
    this.#calls.set(cid, call);
    session.inbound.expectAnswer();
    return call;
  }

  get(id: number): ServedCall | undefined {
    return this.#calls.get(id);
  }

  /** The client takes so many items of a call; whether that tells anything new. */
  grant(id: number, upTo: number): boolean {
    return this.#calls.get(id)?.grant(upTo) === true;
  }

  /** The client has withdrawn a call; `false`: there is no such call yet, or it may not. */
  withdraw(id: number): boolean {
    const call = this.#calls.get(id);
    if (!call || !(call.isStream || this.#has(CANCEL_EXTENSION))) return false;
    call.cancel(withdrawal());
    return true;
  }

  /** A part of a body; `false`: it is not its turn, if that matters. */
  acceptBody(part: BodyPart, size: number, isInTurn: boolean): boolean {
    const call = this.#calls.get(part.id);
    if (!isInTurn && call?.isDue(part) !== true) return false;
    call?.acceptBody(part, size);
    return true;
  }

  /** The streams that answer calls end, with an error for their readers. */
  endStreams(error: Error): void {
    this.closing = error;
    for (const call of [...this.#calls.values()]) call.endStream(error);
  }

  /** The socket is over. */
  end(): void {
    for (const call of [...this.#calls.values()]) {
      call.cancel(new AbortError(`The socket has closed before ${call.procedure} was answered`));
    }
  }

  send(packet: CallPacket): void {
    this.#session.sendPart(packet);
  }

  respond({ id, procedure }: ServedCall, data: unknown, end?: number): void {
    if (end === undefined) this.#session.answer(id, procedure, data);
    else this.#session.respond(id, data, end);
  }

  fail({ id, procedure, isCancelled }: ServedCall, error: unknown): void {
    if (!isCancelled || this.#session.isClosed) this.#session.fail(id, procedure, error);
    else this.report(error);
  }

  /** What the contract makes of a stream. */
  prepare({ procedure }: ServedCall, stream: AsyncIterable<unknown>): AsyncIterable<unknown> {
    return this.#session.checkStream(procedure, stream);
  }

  forget(call: ServedCall): void {
    if (call.isStream) this.#streams--;
    if (this.#calls.get(call.id) === call) this.#calls.delete(call.id);
  }

  report(error: unknown): void {
    if (!(error instanceof AsyngularError || isAbort(error))) this.#session.emitError(error);
  }

  whenWritable(): Promise<void> | undefined {
    const { outbound, isClosed } = this.#session;
    return outbound.outbox.isAbove && !isClosed ? outbound.whenDrained() : undefined;
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

  /** What both sides have named of the terms. */
  #agreed(terms: CallTerms | undefined): CallTerms | undefined {
    if (terms === undefined) return undefined;
    const hasStreams = this.#has(STREAM_EXTENSION);
    return {
      credit: hasStreams ? terms.credit : undefined,
      hasBody: hasStreams && terms.hasBody,
      timeoutMs: this.#has(CANCEL_EXTENSION) ? terms.timeoutMs : undefined,
    };
  }

  #has(extension: string): boolean {
    return this.#session.extensions?.has(extension) === true;
  }
}

function withdrawal(): AbortError {
  return new AbortError('The caller has withdrawn the call');
}
