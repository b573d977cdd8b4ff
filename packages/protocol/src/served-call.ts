import { AbortError, InvalidActionError, TimeoutError } from '@asyngular/errors';
import { isDevelopment } from '@asyngular/errors/internal';
import { setDeadline } from './call-signal.js';
import { protocolEvents } from './events.js';
import { StreamConsumer } from './stream-consumer.js';
import type { BodyPart, CallTerms, StreamPart } from './stream-payloads.js';
import {
  isAsyncIterable,
  type ProducerPort,
  StreamProducer,
  type StreamWindow,
} from './stream-producer.js';

/** A packet that a call sends besides its answer. */
export interface CallPacket {
  event?: string;
  rid?: number;
  cid?: number;
  data?: unknown;
  open?: boolean;
  more?: number;
  end?: number;
  ask?: boolean;
  credit?: number;
  timeout?: number;
  body?: boolean;
}

/** Where calls are served: the connection they came through, and the application's errors. */
export interface ServedCallPort extends ProducerPort {
  readonly window: StreamWindow & {
    /** Items of a body that may wait. */
    readonly streamHighWaterMark: number;
  };
  send(packet: CallPacket): void;
  /** Set when streams have to end, and new ones are not begun: the error for their callers. */
  readonly closing?: Error | undefined;
  /** Answers the call; `end` is the number after the last item of a stream. */
  respond(call: ServedCall, data: unknown, end?: number): void;
  /** Fails the call with an error of the application. One that was withdrawn is not answered. */
  fail(call: ServedCall, error: unknown): void;
  /** What of a stream goes out; by default, all of it. */
  prepare?(call: ServedCall, stream: AsyncIterable<unknown>): AsyncIterable<unknown>;
  /** The call needs to be known no longer. */
  forget(call: ServedCall): void;
  /** An item of so many bytes waits in a body; it has been read, or dropped. */
  hold?(bytes: number): void;
  release?(bytes: number): void;
}

/**
 * A call of the peer, from its arrival to its answer, or to the end of the stream that answers it. The caller may
 * withdraw it meanwhile: then its signal aborts, its stream and its body end, and its answer is not sent.
 */
export class ServedCall {
  readonly id: number;
  readonly procedure: string;
  /** When the caller stops waiting, in ms since the epoch; undefined: it did not say. */
  readonly deadline: number | undefined;
  /** The caller has withdrawn it, or has gone. */
  isCancelled = false;
  // What a server keeps of a call that it measures; clients have nothing of it, so that it is only declared.
  /** The turn of the event loop in which it came; undefined: it is over. */
  declare since: { readonly startedAtMs: number } | undefined;
  /** Its message on a tracing channel, while somebody traces it. */
  declare trace: object | undefined;
  readonly #terms: CallTerms | undefined;
  readonly #port: ServedCallPort;
  #isOver = false;
  #reason: unknown;
  #controller: AbortController | undefined;
  #stopTimer: (() => void) | undefined;
  #producer: StreamProducer | undefined;
  #body: StreamConsumer | undefined;

  constructor(id: number, procedure: string, terms: CallTerms | undefined, port: ServedCallPort) {
    this.id = id;
    this.procedure = procedure;
    this.#terms = terms;
    this.#port = port;
    this.deadline = terms?.timeoutMs === undefined ? undefined : Date.now() + terms.timeoutMs;
  }

  /** It takes one of the places for streams: it wants one, or brings one. */
  get isStream(): boolean {
    return this.wantsStream || this.#terms?.hasBody === true;
  }

  /** The caller reads a stream of results. */
  get wantsStream(): boolean {
    return this.#terms?.credit !== undefined;
  }

  /** Aborted when the caller withdraws the call, at its deadline, and when the connection ends before its answer. */
  get signal(): AbortSignal {
    this.#controller ??= this.#createController();
    return this.#controller.signal;
  }

  /** What the caller sends along; empty when it is nothing. Nothing is sent before it is read. */
  get body(): StreamConsumer {
    this.#body ??= this.#createBody();
    return this.#body;
  }

  /** Answers with a result, or with the stream that it is. */
  answer(result: unknown): void {
    if (isAsyncIterable(result)) {
      this.#stream(result);
    } else if (this.wantsStream) {
      this.fail(
        new InvalidActionError(
          isDevelopment
            ? `The procedure "${this.procedure}" answers once, and not with a stream; call it with invoke()`
            : this.procedure,
        ),
      );
    } else {
      if (!this.isCancelled) {
        this.#port.respond(this, result);
      }
      this.finish();
    }
  }

  /** Fails the call with an error of the application, or of ours. */
  fail(error: unknown): void {
    this.finish();
    this.#port.fail(this, error);
  }

  /** The caller has withdrawn the call, or has gone. */
  cancel(reason: unknown): void {
    if (this.#isOver || this.isCancelled) {
      return;
    }
    this.isCancelled = true;
    this.#reason = reason;
    this.#controller?.abort(reason);
    this.#body?.abort(reason);
    if (this.#producer) {
      this.finish();
    }
  }

  /** Ends the stream that it answers with, if there is one, with an error for the caller. */
  endStream(error: unknown): void {
    if (this.#producer && !this.#isOver) {
      this.fail(error);
    }
  }

  /** The caller takes so many items altogether; whether that tells anything new. */
  grant(upTo: number): boolean {
    return this.#producer?.grant(upTo) === true;
  }

  /** Whether it is the turn of that part of the body, or was before. */
  isDue({ number }: StreamPart): boolean {
    return this.#body?.isDue(number) !== false;
  }

  acceptBody(part: BodyPart, bytes?: number): void {
    this.#body?.acceptPart(part, part.data, bytes);
  }

  /** The answer is out, or there is none. */
  finish(): void {
    if (this.#isOver) {
      return;
    }
    this.#isOver = true;
    this.#stopTimer?.();
    this.#producer?.cancel();
    this.#body?.abort(
      new AbortError(
        isDevelopment ? 'The call was answered before its body was read' : this.procedure,
      ),
    );
    this.#port.forget(this);
  }

  #stream(iterable: AsyncIterable<unknown>): void {
    const credit = this.#terms?.credit;
    if (credit !== undefined && !this.isCancelled && !this.#port.closing) {
      this.#port.send({ rid: this.id, open: true });
      // Prepared when it is opened, so that what that throws fails the call.
      const prepared = () => this.#port.prepare?.(this, iterable) ?? iterable;
      this.#producer = this.#produce(
        { [Symbol.asyncIterator]: () => prepared()[Symbol.asyncIterator]() },
        credit,
      );
      return;
    }
    // Nothing of a generator has run yet; others may want to clean up.
    this.#produce(iterable, 0).cancel();
    if (this.isCancelled) {
      this.finish();
    } else {
      this.fail(
        this.#port.closing ??
          new InvalidActionError(
            isDevelopment
              ? `The procedure "${this.procedure}" answers with a stream; read it with stream()`
              : this.procedure,
          ),
      );
    }
  }

  #produce(iterable: AsyncIterable<unknown>, credit: number): StreamProducer {
    const { id } = this;
    const port = this.#port;
    return new StreamProducer(
      iterable,
      credit,
      {
        onItem: (data, more, asks) =>
          port.send({ rid: id, more, data, ...(asks && { ask: true }) }),
        onEnd: (result, end) => {
          port.respond(this, result, end);
          this.finish();
        },
        onError: (error) => this.fail(error),
        onIdle: () =>
          this.fail(
            new TimeoutError(
              isDevelopment ? 'The stream was not read for too long' : this.procedure,
            ),
          ),
      },
      port,
    );
  }

  #createController(): AbortController {
    const controller = new AbortController();
    if (this.isCancelled) {
      controller.abort(this.#reason);
    } else if (this.deadline !== undefined) {
      setDeadline(controller.signal, this.deadline);
      this.#stopTimer = this.#port.startTimer(
        () =>
          this.cancel(
            new TimeoutError(
              isDevelopment ? `The deadline of ${this.procedure} has passed` : this.procedure,
            ),
          ),
        this.deadline - Date.now(),
      );
    }
    return controller;
  }

  #createBody(): StreamConsumer {
    const rid = this.id;
    const port = this.#port;
    const allow = (upTo: number) =>
      port.send({ event: protocolEvents.credit, data: { rid, upTo } });
    const body: StreamConsumer = new StreamConsumer(port.window.streamHighWaterMark, {
      onStart: allow,
      onCredit: allow,
      onLeave: () => {
        if (!this.#isOver && !this.isCancelled) {
          port.send({ event: protocolEvents.cancel, data: { rid } });
        }
      },
      onHold: (bytes) => port.hold?.(bytes),
      onRelease: (bytes) => port.release?.(bytes),
    });
    if (this.isCancelled) {
      body.abort(this.#reason);
    } else if (!this.#terms?.hasBody) {
      body.end(undefined);
    }
    return body;
  }
}
