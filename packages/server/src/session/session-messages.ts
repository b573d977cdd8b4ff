import {
  type Codec,
  dehydrateError,
  type ResponsePacket,
  type WireResponse,
} from '@asyngular/protocol';
import {
  assertName,
  type CallPacket,
  cloneDeep,
  type Respond,
  responseError,
  type ServedCall,
  type StreamConsumer,
} from '@asyngular/protocol/internal';
import { toMessage } from '../codecs/message.js';
import type { CheckLine, Refusal } from '../contract/check-line.js';
import type { ServerContract } from '../contract/server-contract.js';
import type { FrameEngine } from '../engine/engine.js';
import type { SocketState } from '../events/socket-events.js';
import type { WarningDetails } from '../events/warning-details.js';
import { type ExposeErrors, failCall } from '../inbound/failed-call.js';
import type { Inbound } from '../inbound/inbound.js';
import type { ServedCalls } from '../inbound/served-calls.js';
import type { CallMeter } from '../metrics/call-meter.js';
import type { OutgoingOutcome } from '../metrics/call-outcomes.js';
import type { Outbound } from '../outbound/outbound.js';
import type { OutboundPacket } from '../outbound/outbound-packet.js';
import { answerChecked, answersChecked, failChecked } from './checked-messages.js';
import { notOpenError } from './not-open-error.js';
import { type OwnCallOptions, OwnCalls, type OwnStreamOptions } from './own-calls.js';
import type { SessionSocket } from './session-socket.js';

/** What that needs of the server. */
export interface MessagesServer {
  readonly options: {
    readonly cloneData: boolean;
    readonly exposeErrors: ExposeErrors;
    readonly maxPendingCalls: number;
    readonly maxStreams: number;
    readonly streamHighWaterMark: number;
  };
  /** What clients get; `undefined`: anything. */
  readonly contract: ServerContract | undefined;
  readonly outgoing: CallMeter<OutgoingOutcome>;
  readonly server: object;
  readonly engine: Pick<FrameEngine, 'prepare'>;
}

/** What a session says to its client: messages, calls and answers. */
export abstract class SessionMessages implements CheckLine {
  abstract readonly core: MessagesServer;
  abstract readonly inbound: Inbound;
  abstract readonly outbound: Outbound;
  /** What the connection speaks now. */
  abstract readonly codec: Codec;
  socket!: SessionSocket;
  state: SocketState = 'connecting';
  /** A close frame has been sent by `leave()`: messages under way are still taken, calls are not. */
  isLeaving = false;
  /** Calls of the client that wait for an answer of user code. */
  unansweredCalls = 0;
  /** Payloads on their way through an asynchronous schema of the contract. */
  checking: Promise<unknown> | undefined;
  /** Additions to the protocol that both sides named in the handshake. */
  extensions: ReadonlyMap<string, unknown> | undefined;
  isTraced = false;
  /** Calls of the client that have no answer yet, and the streams that answer others; made with the first. */
  served: ServedCalls | undefined;
  #calls: OwnCalls | undefined;
  #responder: Respond | undefined;

  /** A socket problem: `error` on the socket, then the same object as `warning` on the server. */
  abstract emitError(error: unknown, about?: WarningDetails): void;

  /** As `served`; made on first use. */
  abstract get serving(): ServedCalls;

  get isOpen(): boolean {
    return this.state === 'open';
  }

  get isClosed(): boolean {
    return this.state === 'closed';
  }

  /** Takes the answers of request objects. */
  get responder(): Respond {
    this.#responder ??= (response, procedure) => {
      if (this.unansweredCalls > 0) this.unansweredCalls--;
      const call = this.served?.get(response.rid);
      if (this.isClosed || this.isLeaving) {
        this.emitError(notOpenError('response to', `${procedure} event`));
        call?.finish();
      } else if (response.error !== undefined) this.#fail(call, response);
      else if (call === undefined) this.answer(response.rid, procedure, response.data);
      else call.answer(response.data);
    };
    return this.#responder;
  }

  /** Sends a one-way message. On a socket that is not open it emits BadConnectionError. */
  transmit(event: string, data: unknown): void {
    if (!this.isOpen || this.isLeaving) {
      this.emitError(notOpenError('transmit', `${event} event`));
      return;
    }
    try {
      assertName(event);
      this.outbound.send({ event, data: this.snapshot(data) });
    } catch (error) {
      // Data that cannot be cloned is an `error` event: the promise never rejects, so it may be ignored.
      this.emitError(error);
    }
  }

  /** Calls the client. Rejects with its error, a TimeoutError or a BadConnectionError. */
  invoke(
    event: string,
    data: unknown,
    timeoutMs: number,
    options?: OwnCallOptions,
  ): Promise<unknown> {
    try {
      return this.#ownCalls.invoke(event, data, timeoutMs, options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** The stream of one loop over what the client yields. */
  stream(
    event: string,
    data: unknown,
    timeoutMs: number,
    options: OwnStreamOptions,
  ): StreamConsumer {
    return this.#ownCalls.stream(event, data, timeoutMs, options);
  }

  assertOpen(kind: string, event: string): void {
    if (this.isOpen) return;
    const error = notOpenError(kind, `${event} event`);
    this.emitError(error);
    throw error;
  }

  sendCall(packet: CallPacket): void {
    this.inbound.expectAnswer();
    this.outbound.send(packet);
  }

  /** The client answered one of our calls, or somebody else's. */
  settleCall(response: ResponsePacket): boolean {
    return this.#calls?.settle(response) === true;
  }

  /** Whether it is the turn of that response, among the parts of a stream. */
  isAnswerDue(response: ResponsePacket): boolean {
    return this.#calls?.isDue(response) !== false;
  }

  grantBody(id: number, upTo: number): boolean {
    return this.#calls?.grantBody(id, upTo) === true;
  }

  stopBody(id: number): boolean {
    return this.#calls?.stopBody(id) === true;
  }

  /** Calls of the server that wait for an answer of the client. */
  get callsInFlight(): number {
    return this.#calls?.size ?? 0;
  }

  /** A call cannot be sent: its data has no encoding, or its batch was cancelled. */
  rejectCall(id: number, error: unknown): void {
    this.#calls?.reject(id, error);
  }

  rejectAllCalls(makeError: (event: string) => Error): void {
    this.#calls?.rejectAll((call) => makeError(call.procedure));
  }

  /** Ends the streams in both directions with an error for their readers; plain calls go on. */
  endStreams(error: Error): void {
    this.serving.endStreams(error);
    this.#calls?.endStreams(error);
  }

  /** Calls in either direction include some that have streams or bodies. */
  get hasStreams(): boolean {
    return (this.served?.streams ?? 0) > 0 || (this.#calls?.streams ?? 0) > 0;
  }

  /** The client may withdraw calls, or give them credit. */
  get awaitsControl(): boolean {
    return this.extensions !== undefined && this.served !== undefined && this.served.size > 0;
  }

  get #ownCalls(): OwnCalls {
    this.#calls ??= new OwnCalls(this);
    return this.#calls;
  }

  /** Sends something of a call that is neither the call nor its answer. */
  sendPart(packet: CallPacket): void {
    if (this.isClosed || this.isLeaving) return;
    this.outbound.send({ ...packet, data: this.snapshot(packet.data) });
  }

  /** The application has answered with an error, which travels as it is. */
  #fail(call: ServedCall | undefined, response: WireResponse): void {
    if (call) this.serving.settle(call, call.isCancelled ? 'cancelled' : 'error', response.error);
    if (!call?.isCancelled) this.#answer(response);
  }

  /** Sends a packet as it is: what request objects of the application's own answer with. */
  sendPacket(packet: OutboundPacket): void {
    if (this.isClosed || this.isLeaving) {
      const what = packet.event === undefined ? `call ${packet.rid}` : `${packet.event} event`;
      this.emitError(notOpenError('send of', what));
      return;
    }
    const call = packet.rid === undefined ? undefined : this.served?.get(packet.rid);
    if (call) this.serving.settle(call, packet.error === undefined ? 'ok' : 'error', packet.error);
    this.outbound.send(packet);
  }

  /** Sends an application's own message, past the codec. */
  sendRaw(message: unknown): void {
    if (this.isClosed) {
      this.emitError(notOpenError('send of a', 'raw message'));
      return;
    }
    this.outbound.sendControl(this.core.engine.prepare(toMessage(message)));
  }

  /** Answers a call of the client with what a handler or a loop has made of it, once the contract has checked that. */
  answer(id: number, procedure: string, result: unknown): Refusal | Promise<Refusal> {
    const { contract } = this.core;
    if (contract !== undefined)
      return answerChecked(this, contract, { id, procedure, outcome: result });
    this.respond(id, result);
    return undefined;
  }

  /** Fails a call of the client with what its handler has thrown. */
  fail(id: number, procedure: string, error: unknown): Refusal | Promise<Refusal> {
    const { contract } = this.core;
    if (contract !== undefined)
      return failChecked(this, contract, { id, procedure, outcome: error });
    failCall(this, id, procedure, error);
    return undefined;
  }

  /** The stream with which a handler answers, as the contract lets it go out. */
  checkStream(procedure: string, stream: AsyncIterable<unknown>): AsyncIterable<unknown> {
    const { contract } = this.core;
    return contract === undefined ? stream : answersChecked(contract, procedure, stream);
  }

  /** Answers a call of the client; `end` is the number after the last item of a stream. */
  respond(id: number, data: unknown, end?: number): void {
    this.#answer(end === undefined ? { rid: id, data } : { rid: id, end, data });
  }

  /** Fails a call of the client, or the stream that answers it. */
  respondError(id: number, thrown: unknown): void {
    const error = responseError(thrown);
    const call = this.served?.get(id);
    if (call) this.serving.settle(call, 'internal', error);
    this.#answer({ rid: id, error });
  }

  #answer(response: WireResponse & { end?: number }): void {
    const { rid } = response;
    try {
      if (response.error === undefined) response.data = this.snapshot(response.data);
      else response.error = dehydrateError(response.error, this.codec.extension !== undefined);
    } catch (error) {
      this.emitError(error);
      this.respondError(rid, error);
      return;
    }
    this.outbound.send(response);
  }

  snapshot(data: unknown): unknown {
    return this.core.options.cloneData ? cloneDeep(data) : data;
  }
}
