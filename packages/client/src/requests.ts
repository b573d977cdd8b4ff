import {
  AbortError,
  BadConnectionError,
  type BadConnectionType,
  hasError,
  hydrateError,
  InvalidArgumentsError,
  QueueFullError,
  type ResponsePacket,
  TimeoutError,
} from '@asyngular/protocol';
import { MAX_TIMEOUT_MS } from '@asyngular/protocol/internal';
import type { Core } from './core.js';
import { assertName } from './names.js';

/** Options of `transmit`. */
export interface TransmitOptions {
  /**
   * Give up after this many ms if still unsent, with a `transmitDropped` event. Default: wait for
   * the next connection.
   */
  ackTimeout?: number | null;
}

/** Options of `invoke`. */
export interface InvokeOptions {
  /** Reject with `TimeoutError` after this many ms, counted from the call. Default: the socket's. */
  ackTimeout?: number | null;
  /** Aborting rejects with the signal's reason; what the server already does goes on. */
  signal?: AbortSignal;
}

/** A packet as it goes to the codec; absent data is an absent member. */
export interface OutboundPacket {
  event?: string;
  data?: unknown;
  cid?: number;
  rid?: number;
  error?: unknown;
}

/** What the application sends, until it is sent or, for a call, until its end. */
interface Message {
  readonly event: string;
  readonly data: unknown;
  /** Exactly one of the two runs; transmits have neither. */
  readonly resolve?: (data: unknown) => void;
  readonly reject?: (error: unknown) => void;
  /** A call's number on the wire; 0 until it is sent. */
  id: number;
  timer?: unknown;
  /** Lets go of the caller's signal, which may outlive the call by far. */
  unwatch?: () => void;
}

/** Why a connection ended, for the calls it takes with it. */
export interface Ending {
  readonly type: BadConnectionType;
  readonly code?: number;
  readonly reason?: unknown;
}

/**
 * What the application sends: a FIFO buffer while there is no connection, and the calls in flight.
 * The buffer is empty whenever the connection is ready, so order is never lost. Calls take callbacks
 * rather than promises, because replies to `#handshake`, `#subscribe` and `#authenticate` must take
 * effect before the next packet of the same batch.
 */
export class Requests {
  readonly #core: Core;
  readonly #unsent = new Set<Message>();
  readonly #calls = new Map<number, Message>();
  /** Ids go on over connections, so late replies find nothing. */
  #lastId = 0;
  #isReady = false;

  constructor(core: Core) {
    this.#core = core;
  }

  /** Messages waiting for a connection. */
  get unsentCount(): number {
    return this.#unsent.size;
  }

  /** One-way message. Never throws: what cannot be sent is reported by `transmitDropped` or `error`. */
  transmit(event: string, data?: unknown, options?: TransmitOptions): void {
    try {
      assertName(event);
      this.#submit({ event, data: this.#core.own(data), id: 0 }, options?.ackTimeout);
    } catch (error) {
      // Data that cannot be cloned, or a message that the WebSocket refuses.
      this.#core.onError(error);
    }
  }

  /**
   * Remote call; exactly one callback runs, synchronously with its cause.
   * @throws InvalidArgumentsError for a name that is no string, and what cloning the data throws
   */
  call(
    event: string,
    data: unknown,
    options: InvokeOptions | undefined,
    resolve: (data: any) => void,
    reject: (error: unknown) => void,
  ): void {
    assertName(event);
    const { signal, ackTimeout = this.#core.options.ackTimeout } = options ?? {};
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const call: Message = { event, data: this.#core.own(data), resolve, reject, id: 0 };
    if (signal) {
      const onAbort = () => this.#fail(call, signal.reason);
      signal.addEventListener('abort', onAbort);
      call.unwatch = () => signal.removeEventListener('abort', onAbort);
    }
    this.#submit(call, ackTimeout);
  }

  /** Sends a call at once, past the buffer, and returns its id: handshake and subscriptions. */
  callNow(
    event: string,
    data: unknown,
    timeoutMs: number | null,
    resolve: (data: unknown) => void,
    reject: (error: unknown) => void,
    pastBatch?: boolean,
  ): number {
    const call: Message = { event, data, resolve, reject, id: 0 };
    this.#startTimer(call, timeoutMs);
    this.#send(call, pastBatch);
    return call.id;
  }

  /** Forgets a call in flight: a late reply is ignored, no callback runs. */
  forget(id: number): void {
    const call = this.#calls.get(id);
    if (call) {
      this.#end(call);
    }
  }

  /** A reply arrived; one that is late or made up is ignored. */
  settle(response: ResponsePacket): void {
    const call = this.#calls.get(response.rid);
    if (call && hasError(response)) {
      this.#fail(call, hydrateError(response.error));
    } else if (call) {
      this.#end(call);
      call.resolve!(response.data);
    }
  }

  /** A call in flight failed on this side: it could not be encoded, or its batch was discarded. */
  reject(id: number, error: unknown): void {
    const call = this.#calls.get(id);
    if (call) {
      this.#fail(call, error);
    }
  }

  /** The connection is ready: everything waiting goes out in the order of the calls. */
  flush(): void {
    // A set iterates over what is added meanwhile too.
    for (const message of this.#unsent) {
      this.#unsent.delete(message);
      this.#send(message);
    }
    this.#isReady = true;
  }

  /** The connection is gone: calls in flight fail, oldest first. */
  onConnectionLost(ending: Ending): void {
    this.#isReady = false;
    for (const call of [...this.#calls.values()]) {
      this.#fail(call, connectionError(call.event, ending));
    }
  }

  /**
   * Decides on what is unsent after a connection ended: calls fail; transmits wait for the next
   * connection if one will be tried, else they are dropped and reported.
   */
  onAttemptEnded(ending: Ending, willRetry: boolean): void {
    for (const message of [...this.#unsent]) {
      if (message.reject || !willRetry) {
        this.#fail(message, connectionError(message.event, ending));
      }
    }
  }

  /** Packets of a batch that were not sent: the connection ended, or the application discarded them. */
  onBatchLost(packets: readonly OutboundPacket[], ending?: Ending): void {
    for (const { event, data, cid } of packets) {
      if (event !== undefined) {
        const error = ending
          ? connectionError(event, ending)
          : new AbortError(`Event ${event} was not sent: its batch was cancelled`);
        if (cid === undefined) {
          this.#core.emit('transmitDropped', { event, data, error });
        } else {
          this.reject(cid, error);
        }
      }
    }
  }

  #submit(message: Message, timeoutMs: number | null | undefined): void {
    const { lifecycle, options } = this.#core;
    lifecycle.prepareToSend();
    const isFull = this.#isReady
      ? message.reject && this.#calls.size >= options.maxCallsInFlight
      : this.#unsent.size >= options.maxUnsentMessages;
    if (isFull) {
      this.#fail(message, this.#queueFullError(message.event));
      return;
    }
    this.#startTimer(message, timeoutMs);
    if (this.#isReady) {
      this.#send(message);
    } else {
      this.#unsent.add(message);
    }
  }

  #send(message: Message, pastBatch?: boolean): void {
    const { event, data } = message;
    const packet: OutboundPacket = data === undefined ? { event } : { event, data };
    if (message.reject) {
      try {
        packet.cid = this.#nextId();
      } catch (error) {
        this.#fail(message, error);
        return;
      }
      message.id = packet.cid;
      this.#calls.set(packet.cid, message);
    } else {
      this.#end(message);
    }
    this.#core.outlet.send(packet, pastBatch);
  }

  /** @throws what the application's generator throws, or for an id that could not be told apart */
  #nextId(): number {
    const id = this.#core.options.callIdGenerator?.() ?? ++this.#lastId;
    if (!(id > 0) || this.#calls.has(id)) {
      throw new InvalidArgumentsError(
        `The callIdGenerator returned ${id}; it must return positive numbers that are not in flight`,
      );
    }
    return id;
  }

  #startTimer(message: Message, timeoutMs: number | null | undefined): void {
    if (timeoutMs !== null && timeoutMs !== undefined && timeoutMs !== Number.POSITIVE_INFINITY) {
      message.timer = this.#core.platform.setTimeout(
        () =>
          this.#fail(
            message,
            new TimeoutError(`Event response for ${message.event} event timed out`),
          ),
        Math.min(timeoutMs, MAX_TIMEOUT_MS),
      );
    }
  }

  /** Nothing refers to the message any more; its callbacks are the caller's business then. */
  #end(message: Message): void {
    this.#unsent.delete(message);
    this.#calls.delete(message.id);
    message.unwatch?.();
    if (message.timer !== undefined) {
      this.#core.platform.clearTimeout(message.timer);
    }
  }

  #fail(message: Message, error: any): void {
    const { event, data, reject } = message;
    this.#end(message);
    if (reject) {
      reject(error);
    } else {
      this.#core.emit('transmitDropped', { event, data, error });
    }
  }

  #queueFullError(event: string): QueueFullError {
    return new QueueFullError(
      this.#isReady
        ? `Event ${event} was not sent: ${this.#calls.size} calls wait for an answer; wait for some of them`
        : `Event ${event} was not sent: ${this.#unsent.size} messages wait for a connection; wait for it`,
    );
  }
}

/** The error of messages and calls that a connection took with it. */
export function connectionError(event: string, ending: Ending): BadConnectionError {
  const { type, code, reason } = ending;
  return new BadConnectionError(
    `Event ${event} was aborted due to a bad connection`,
    type,
    code,
    reason,
  );
}
