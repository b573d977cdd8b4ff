import {
  type Codec,
  dehydrateError,
  type ResponsePacket,
  type WireResponse,
} from '@asyngular/protocol';
import { assertName, cloneDeep, PendingCalls, type Respond } from '@asyngular/protocol/internal';
import { toMessage } from '../codecs/message.js';
import type { CheckLine } from '../contract/check-line.js';
import type { ServerContract } from '../contract/server-contract.js';
import type { FrameEngine } from '../engine/engine.js';
import type { SocketState } from '../events/socket-events.js';
import type { WarningDetails } from '../events/warning-details.js';
import { type ExposeErrors, failCall } from '../inbound/failed-call.js';
import type { Inbound } from '../inbound/inbound.js';
import type { Outbound } from '../outbound/outbound.js';
import type { OutboundPacket } from '../outbound/outbound-packet.js';
import { answerChecked, failChecked } from './checked-messages.js';
import { notOpenError } from './not-open-error.js';
import type { SessionSocket } from './session-socket.js';

/** What that needs of the server. */
export interface MessagesServer {
  readonly options: {
    readonly cloneData: boolean;
    readonly exposeErrors: ExposeErrors;
    readonly maxPendingCalls: number;
  };
  /** What clients get; `undefined`: anything. */
  readonly contract: ServerContract | undefined;
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
  #calls: PendingCalls | undefined;
  #responder: Respond | undefined;

  /** A socket problem: `error` on the socket, then the same object as `warning` on the server. */
  abstract emitError(error: unknown, about?: WarningDetails): void;

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
      if (this.isClosed || this.isLeaving) {
        this.emitError(notOpenError('response to', `${procedure} event`));
      } else if (response.error === undefined) this.answer(response.rid, procedure, response.data);
      else this.#answer(response);
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
      this.outbound.send({ event, data: this.#snapshot(data) });
    } catch (error) {
      // Data that cannot be cloned is an `error` event: the promise never rejects, so it may be ignored.
      this.emitError(error);
    }
  }

  /** Calls the client. Rejects with its error, a TimeoutError or a BadConnectionError. */
  invoke(event: string, data: unknown, timeoutMs: number): Promise<unknown> {
    if (!this.isOpen) {
      const error = notOpenError('invoke', `${event} event`);
      this.emitError(error);
      return Promise.reject(error);
    }
    this.#calls ??= new PendingCalls({ limit: this.core.options.maxPendingCalls });
    try {
      assertName(event);
      const packet = { event, cid: 0, data: this.#snapshot(data) };
      const call = this.#calls.add(event, timeoutMs);
      packet.cid = call.id;
      this.inbound.expectAnswer();
      this.outbound.send(packet);
      return call.promise;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** The client answered one of our calls, or somebody else's. */
  settleCall(response: ResponsePacket): boolean {
    return this.#calls?.settle(response) === true;
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
    this.#calls?.rejectAll((call) => makeError(call.event));
  }

  /** Sends a packet as it is: what request objects of the application's own answer with. */
  sendPacket(packet: OutboundPacket): void {
    if (this.isClosed || this.isLeaving) {
      const what = packet.event === undefined ? `call ${packet.rid}` : `${packet.event} event`;
      this.emitError(notOpenError('send of', what));
      return;
    }
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
  answer(id: number, procedure: string, result: unknown): void {
    const { contract } = this.core;
    if (contract === undefined) this.respond(id, result);
    else answerChecked(this, contract, { id, procedure, outcome: result });
  }

  /** Fails a call of the client with what its handler has thrown. */
  fail(id: number, procedure: string, error: unknown): void {
    const { contract } = this.core;
    if (contract === undefined) failCall(this, id, procedure, error);
    else failChecked(this, contract, { id, procedure, outcome: error });
  }

  /** Answers a call of the client. */
  respond(id: number, data: unknown): void {
    this.#answer({ rid: id, data });
  }

  /** Fails a call of the client. */
  respondError(id: number, error: unknown): void {
    this.#answer({ rid: id, error });
  }

  #answer(response: WireResponse): void {
    const { rid } = response;
    try {
      if (response.error === undefined) response.data = this.#snapshot(response.data);
      else response.error = dehydrateError(response.error, this.codec.extension !== undefined);
    } catch (error) {
      this.emitError(error);
      this.respondError(rid, error);
      return;
    }
    this.outbound.send(response);
  }

  #snapshot(data: unknown): unknown {
    return this.core.options.cloneData ? cloneDeep(data) : data;
  }
}
