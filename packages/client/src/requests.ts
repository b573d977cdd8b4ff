import {
  AbortError,
  BadConnectionError,
  type BadConnectionType,
  QueueFullError,
} from '@asyngular/protocol';
import { type Deadline, deadlines } from '@asyngular/protocol/internal';
import { ackTimeoutError, type Call, CallTable, cancelDeadline } from './calls.js';
import type { EmitEvent } from './events.js';

export interface TransmitOptions {
  /**
   * Give up after this many ms if still unsent, with a `transmitDropped` event. Default: wait for
   * the next connection.
   */
  ackTimeout?: number | null;
}

export interface InvokeOptions {
  /** Reject with `TimeoutError` after this many ms, counted from the call. Default: the socket's. */
  ackTimeout?: number | null;
  /** Aborting rejects with the signal's reason; what the server already does goes on. */
  signal?: AbortSignal;
}

export interface RequestsHost {
  readonly emit: EmitEvent;
  readonly maxUnsent: number;
  readonly maxInFlight: number;
  readonly ackTimeoutMs: number;
  readonly generateId: (() => number) | undefined;
  /** Gives up a stale connection and opens one if there is none. */
  prepareToSend(): void;
  /** Encodes and sends, or adds to the open batch; failures come back through `onUnsendable`. */
  readonly send: (packet: OutboundPacket) => void;
}

/** A packet as it goes to the codec; absent data is an absent member. */
export interface OutboundPacket {
  event?: string;
  data?: unknown;
  cid?: number;
  rid?: number;
  error?: unknown;
}

/** Waits for a connection. */
interface Unsent {
  readonly event: string;
  readonly data: unknown;
  /** Undefined for transmits. */
  readonly call: Call | undefined;
  /** A transmit's own deadline; a call carries its own. */
  deadline: Deadline | undefined;
}

/** Why a connection ended, for the calls it takes with it. */
export interface Ending {
  readonly type: BadConnectionType;
  readonly code: number;
  readonly reason: unknown;
}

function eventPacket(event: string, data: unknown): OutboundPacket {
  return data === undefined ? { event } : { event, data };
}

function isLimited(timeoutMs: number | null): timeoutMs is number {
  return timeoutMs !== null && timeoutMs !== Number.POSITIVE_INFINITY;
}

/**
 * What the application sends: a FIFO buffer while there is no connection, and the calls in flight.
 * The buffer is empty whenever the connection is ready, so order is never lost.
 */
export class Requests {
  readonly #host: RequestsHost;
  readonly #unsent = new Set<Unsent>();
  readonly #calls = new CallTable();
  #isReady = false;

  constructor(host: RequestsHost) {
    this.#host = host;
  }

  /** Messages waiting for a connection. */
  get unsentCount(): number {
    return this.#unsent.size;
  }

  /** Calls waiting for an answer. */
  get inFlightCount(): number {
    return this.#calls.size;
  }

  /** One-way message. Never throws: what cannot be sent is reported by `transmitDropped` or `error`. */
  transmit(event: string, data: unknown, options?: TransmitOptions): void {
    this.#host.prepareToSend();
    if (this.#isReady) {
      this.#host.send(eventPacket(event, data));
      return;
    }
    if (this.#unsent.size >= this.#host.maxUnsent) {
      this.#host.emit('transmitDropped', { event, data, error: this.#queueFullError(event) });
      return;
    }
    const item: Unsent = { event, data, call: undefined, deadline: undefined };
    const timeoutMs = options?.ackTimeout ?? null;
    if (isLimited(timeoutMs)) {
      item.deadline = deadlines.add(timeoutMs, this.#onTransmitExpired, item);
    }
    this.#unsent.add(item);
  }

  /** Remote call; exactly one callback runs, synchronously with its cause. */
  call(
    event: string,
    data: unknown,
    options: InvokeOptions | undefined,
    resolve: (data: unknown) => void,
    reject: (error: unknown) => void,
  ): void {
    const signal = options?.signal;
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    this.#host.prepareToSend();
    const isFull = this.#isReady
      ? this.#calls.size >= this.#host.maxInFlight
      : this.#unsent.size >= this.#host.maxUnsent;
    if (isFull) {
      reject(this.#queueFullError(event));
      return;
    }
    const call: Call = { event, resolve, reject, id: 0, deadline: undefined };
    const item: Unsent = { event, data, call, deadline: undefined };
    const timeoutMs =
      options?.ackTimeout === undefined ? this.#host.ackTimeoutMs : options.ackTimeout;
    if (isLimited(timeoutMs)) {
      call.deadline = deadlines.add(timeoutMs, this.#onCallExpired, item);
    }
    if (signal) {
      this.#watch(signal, item);
    }
    if (this.#isReady) {
      this.#sendCall(call, data);
    } else {
      this.#unsent.add(item);
    }
  }

  /** Sends a call at once, past the buffer, and returns its id: handshake and subscriptions. */
  callNow(
    event: string,
    data: unknown,
    timeoutMs: number | null,
    resolve: (data: unknown) => void,
    reject: (error: unknown) => void,
    send: (packet: OutboundPacket) => void = this.#host.send,
  ): number {
    const call: Call = { event, resolve, reject, id: 0, deadline: undefined };
    if (isLimited(timeoutMs)) {
      const item: Unsent = { event, data, call, deadline: undefined };
      call.deadline = deadlines.add(timeoutMs, this.#onCallExpired, item);
    }
    return this.#sendCall(call, data, send);
  }

  /** Forgets a call in flight: a late reply is ignored, no callback runs. */
  forget(id: number): void {
    this.#calls.take(id);
  }

  /** A reply arrived. */
  readonly settle: CallTable['settle'] = (response) => this.#calls.settle(response);

  /** A call in flight failed on this side: it could not be encoded, or its batch was discarded. */
  reject(id: number, error: unknown): void {
    this.#calls.take(id)?.reject(error);
  }

  /** The connection is ready: everything waiting goes out in the order of the calls. */
  flush(): void {
    // A set iterates over what is added meanwhile too.
    for (const item of this.#unsent) {
      this.#unsent.delete(item);
      if (item.call) {
        this.#sendCall(item.call, item.data);
      } else {
        cancelDeadline(item);
        this.#host.send(eventPacket(item.event, item.data));
      }
    }
    this.#isReady = true;
  }

  /** The connection is gone: calls in flight fail. */
  onConnectionLost(ending: Ending): void {
    this.#isReady = false;
    this.#calls.rejectAll((event) => connectionError(event, ending));
  }

  /**
   * Decides on what is unsent after a connection ended: calls fail; transmits wait for the next
   * connection if one will be tried, else they are dropped and reported.
   */
  onAttemptEnded(ending: Ending, willRetry: boolean): void {
    for (const item of [...this.#unsent]) {
      if (item.call) {
        this.#unsent.delete(item);
        cancelDeadline(item.call);
        item.call.reject(connectionError(item.event, ending));
      } else if (!willRetry) {
        this.#unsent.delete(item);
        cancelDeadline(item);
        this.#drop(item, connectionError(item.event, ending));
      }
    }
  }

  /** Packets of a batch that a lost connection took with it. */
  onBatchLost(packets: readonly OutboundPacket[], ending: Ending): void {
    this.#dropPackets(packets, (event) => connectionError(event, ending));
  }

  /** Packets of a batch that the application discarded. */
  onBatchDiscarded(packets: readonly OutboundPacket[]): void {
    this.#dropPackets(
      packets,
      (event) => new AbortError(`Event ${event} was not sent: its batch was cancelled`),
    );
  }

  #dropPackets(packets: readonly OutboundPacket[], makeError: (event: string) => Error): void {
    for (const { event, data, cid } of packets) {
      if (cid !== undefined) {
        this.reject(cid, makeError(event!));
      } else if (event !== undefined) {
        this.#host.emit('transmitDropped', { event, data, error: makeError(event) });
      }
    }
  }

  #sendCall(call: Call, data: unknown, send = this.#host.send): number {
    const id = this.#calls.add(call, this.#host.generateId);
    const packet = eventPacket(call.event, data);
    packet.cid = id;
    send(packet);
    return id;
  }

  #watch(signal: AbortSignal, item: Unsent): void {
    const call = item.call!;
    const { resolve, reject } = call;
    const onAbort = () => this.#failCall(item, signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    // The signal may outlive the call by far; it must not keep it.
    Object.assign(call, {
      resolve(data: unknown) {
        signal.removeEventListener('abort', onAbort);
        resolve(data);
      },
      reject(error: unknown) {
        signal.removeEventListener('abort', onAbort);
        reject(error);
      },
    });
  }

  readonly #onCallExpired = (item: Unsent): void => {
    this.#failCall(item, ackTimeoutError(item.event));
  };

  readonly #onTransmitExpired = (item: Unsent): void => {
    this.#unsent.delete(item);
    this.#drop(item, ackTimeoutError(item.event));
  };

  #failCall(item: Unsent, error: unknown): void {
    const call = item.call!;
    this.#unsent.delete(item);
    cancelDeadline(call);
    this.#calls.take(call.id);
    call.reject(error);
  }

  #drop(item: Unsent, error: Error): void {
    this.#host.emit('transmitDropped', { event: item.event, data: item.data, error });
  }

  #queueFullError(event: string): QueueFullError {
    return new QueueFullError(
      this.#isReady
        ? `Event ${event} was not sent: ${this.#calls.size} calls are waiting for their answers; wait for some of them`
        : `Event ${event} was not queued: ${this.#unsent.size} messages are waiting for a connection; send again after connect`,
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
    reason as string | undefined,
  );
}
