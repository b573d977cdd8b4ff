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
import { assertName, MAX_TIMEOUT_MS } from '@asyngular/protocol/internal';
import { type Core, emitError, owned } from './core.js';
import type { OutboundPacket } from './outlet.js';

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

/** What the application sends, until it is sent or, for a call, until its end. */
interface Message {
  readonly event: string;
  readonly data: unknown;
  /** Exactly one of the two runs; transmits have neither. */
  readonly resolve?: (data: any) => void;
  readonly reject?: (error: unknown) => void;
  /** A call's number on the wire; undefined until it is sent. */
  callId?: number;
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

export type Requests = ReturnType<typeof createRequests>;

/**
 * What the application sends: a FIFO buffer while there is no connection, and the calls in flight.
 * The buffer is empty whenever the connection is ready, so order is never lost. Calls take callbacks
 * rather than promises, because replies to `#handshake`, `#subscribe` and `#authenticate` must take
 * effect before the next packet of the same batch.
 */
export function createRequests(core: Core) {
  const unsent = new Set<Message>();
  const calls = new Map<number | undefined, Message>();
  /** Ids go on over connections, so late replies find nothing. */
  let lastId = 0;
  let isReady = false;

  /** One-way message. Never throws: what cannot be sent is reported by `transmitDropped` or `error`. */
  function transmit(event: string, data?: unknown, options?: TransmitOptions): void {
    try {
      assertName(event);
      submit({ event, data: owned(core, data) }, options?.ackTimeout);
    } catch (error) {
      // Data that cannot be cloned, or a message that the WebSocket refuses.
      emitError(core, error);
    }
  }

  /**
   * Remote call; exactly one callback runs, synchronously with its cause.
   * @throws InvalidArgumentsError for a name that is no string, and what cloning the data throws
   */
  function call(
    event: string,
    data: unknown,
    options: InvokeOptions | undefined,
    resolve: (data: any) => void,
    reject: (error: unknown) => void,
  ): void {
    assertName(event);
    const { signal, ackTimeout = core.options.ackTimeout } = options ?? {};
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const message: Message = { event, data: owned(core, data), resolve, reject };
    if (signal) {
      const onAbort = () => fail(message, signal.reason);
      signal.addEventListener('abort', onAbort);
      message.unwatch = () => signal.removeEventListener('abort', onAbort);
    }
    submit(message, ackTimeout);
  }

  /** Sends a call at once, past the buffer, and returns what forgets it: handshake and subscriptions. */
  function callNow(
    event: string,
    data: unknown,
    timeoutMs: number | null,
    resolve: (data: unknown) => void,
    reject: (error: unknown) => void,
    isUrgent?: boolean,
  ): () => void {
    const message: Message = { event, data, resolve, reject };
    startTimer(message, timeoutMs);
    send(message, isUrgent);
    return () => end(message);
  }

  function submit(message: Message, timeoutMs: number | null | undefined): void {
    const { options, lifecycle } = core;
    lifecycle.prepareToSend();
    const { size } = isReady ? calls : unsent;
    const limit = isReady ? options.maxCallsInFlight : options.maxUnsentMessages;
    // A transmit that can go out at once waits for nothing.
    if (size >= limit && (message.reject || !isReady)) {
      const awaited = isReady ? 'an answer' : 'a connection';
      fail(
        message,
        new QueueFullError(
          `Event ${message.event} was not sent: ${size} messages wait for ${awaited}; wait for some of them`,
        ),
      );
      return;
    }
    startTimer(message, timeoutMs);
    if (isReady) {
      send(message);
    } else {
      unsent.add(message);
    }
  }

  function send(message: Message, isUrgent?: boolean): void {
    const { event, data } = message;
    const packet: OutboundPacket = { event, data };
    if (message.reject) {
      try {
        packet.cid = nextId();
      } catch (error) {
        fail(message, error);
        return;
      }
      message.callId = packet.cid;
      calls.set(packet.cid, message);
    } else {
      end(message);
    }
    core.outlet.send(packet, isUrgent);
  }

  /** @throws what the application's generator throws, or for an id that could not be told apart */
  function nextId(): number {
    const id = core.options.callIdGenerator?.() ?? ++lastId;
    if (!(id > 0) || calls.has(id)) {
      throw new InvalidArgumentsError(
        `The callIdGenerator returned ${id}; it must return positive numbers that are not in flight`,
      );
    }
    return id;
  }

  function startTimer(message: Message, timeoutMs: number | null | undefined): void {
    // None, null and Infinity: no limit.
    if (Number.isFinite(timeoutMs)) {
      message.timer = core.platform.setTimeout(
        () =>
          fail(message, new TimeoutError(`Event response for ${message.event} event timed out`)),
        Math.min(timeoutMs!, MAX_TIMEOUT_MS),
      );
    }
  }

  /** Nothing refers to the message any more; its callbacks are the caller's business then. */
  function end(message: Message): void {
    unsent.delete(message);
    calls.delete(message.callId);
    message.unwatch?.();
    core.platform.clearTimeout(message.timer);
  }

  function fail(message: Message, error: any): void {
    const { event, data } = message;
    end(message);
    if (message.reject) {
      message.reject(error);
    } else {
      core.emit('transmitDropped', { event, data, error });
    }
  }

  /** A call in flight failed on this side: it could not be encoded, or its batch was discarded. */
  function reject(callId: number, error: unknown): void {
    const message = calls.get(callId);
    if (message) {
      fail(message, error);
    }
  }

  /** A reply arrived; one that is late or made up is ignored. */
  function settle(response: ResponsePacket): void {
    const message = calls.get(response.rid);
    if (hasError(response)) {
      reject(response.rid, hydrateError(response.error));
    } else if (message) {
      end(message);
      message.resolve!(response.data);
    }
  }

  /** The connection is ready: everything waiting goes out in the order of the calls. */
  function flush(): void {
    // A set iterates over what is added meanwhile too.
    for (const message of unsent) {
      unsent.delete(message);
      send(message);
    }
    isReady = true;
  }

  /** The connection is gone: calls in flight fail, oldest first. */
  function onConnectionLost(ending: Ending): void {
    isReady = false;
    failAll(calls.values(), ending);
  }

  /**
   * Decides on what is unsent after a connection ended: calls fail; transmits wait for the next
   * connection if one will be tried, else they are dropped and reported.
   */
  function onAttemptEnded(ending: Ending, willRetry: boolean): void {
    failAll(unsent, ending, (message) => message.reject || !willRetry);
  }

  function failAll(
    messages: Iterable<Message>,
    ending: Ending,
    isLost: (message: Message) => unknown = () => true,
  ): void {
    for (const message of [...messages].filter(isLost)) {
      fail(message, connectionError(message.event, ending));
    }
  }

  /** Packets of a batch that were not sent: the connection ended, or the application discarded them. */
  function onBatchLost(packets: readonly OutboundPacket[], ending?: Ending): void {
    for (const { event, data, cid } of packets) {
      // Answers are nobody's loss here: their callers hear of the lost connection.
      const message = cid === undefined ? event !== undefined && { event, data } : calls.get(cid);
      if (message) {
        fail(
          message,
          ending
            ? connectionError(message.event, ending)
            : new AbortError(`Event ${message.event} was not sent: its batch was cancelled`),
        );
      }
    }
  }

  return {
    unsent,
    transmit,
    call,
    callNow,
    reject,
    settle,
    flush,
    onConnectionLost,
    onAttemptEnded,
    onBatchLost,
  };
}

/** The error of messages and calls that a connection took with it. */
function connectionError(event: string, { type, code, reason }: Ending): BadConnectionError {
  return new BadConnectionError(
    `Event ${event} was aborted due to a bad connection`,
    type,
    code,
    reason,
  );
}
