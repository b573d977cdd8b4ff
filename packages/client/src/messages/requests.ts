import {
  AbortError,
  BadConnectionError,
  type BadConnectionType,
  hydrateError,
  QueueFullError,
  type ResponsePacket,
  TimeoutError,
} from '@asyngular/protocol';
import { assertName, MAX_TIMEOUT_MS } from '@asyngular/protocol/internal';
import { type Core, emitError, owned } from '../core.js';
import { assertOption } from '../options/options.js';
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

/** What goes out, until it is written or, for a call, until its end. */
export interface Message {
  readonly packet: OutboundPacket;
  /** Takes a call's answer; only calls have it. */
  readonly resolve?: (data: any) => void;
  /**
   * Hears that there is no answer, or that a transmit will never be sent. Answers of ours have none;
   * gone when the message has come to its end, which a batch that still holds it does not know.
   */
  reject?: ((error: unknown) => void) | undefined;
  timer?: unknown;
  /** Lets go of the caller's signal, which may outlive the call by far. */
  unwatch?: () => void;
}

/** Makes the error with which a message of that event fails. */
type ErrorOf = (event: string | undefined) => Error;

/** For the messages and calls that a connection takes with it. */
export function connectionLoss(type: BadConnectionType, code?: number, reason?: unknown): ErrorOf {
  return (event) =>
    new BadConnectionError(
      `Event ${event} was aborted due to a bad connection`,
      type,
      code,
      reason,
    );
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

  /** One-way message. Never throws: what cannot be sent is reported by `transmitDropped` or `error`. */
  function transmit(event: string, data?: unknown, options?: TransmitOptions): void {
    try {
      assertName(event);
      const packet = { event, data: owned(core, data) };
      const reject = (error: any) => core.emit('transmitDropped', { ...packet, error });
      submit({ packet, reject }, options?.ackTimeout);
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
    const message: Message = { packet: { event, data: owned(core, data) }, resolve, reject };
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
  ): () => void {
    const message: Message = { packet: { event, data }, resolve, reject };
    startTimer(message, timeoutMs);
    send(message);
    return () => end(message);
  }

  function submit(message: Message, timeoutMs: number | null | undefined): void {
    const { options, lifecycle } = core;
    lifecycle.prepareToSend();
    // What was to wait for the connection goes first.
    const isReady = core.state === 'open' && unsent.size === 0;
    const { size } = isReady ? calls : unsent;
    const limit = isReady ? 'maxCallsInFlight' : 'maxUnsentMessages';
    // A transmit that can go out at once waits for nothing.
    if (size >= options[limit] && (message.resolve || !isReady)) {
      fail(
        message,
        new QueueFullError(
          `Event ${message.packet.event} was aborted due to ${limit}: ${size}; raise it`,
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

  function send(message: Message): void {
    const { packet } = message;
    if (message.resolve) {
      try {
        packet.cid = nextId();
      } catch (error) {
        fail(message, error);
        return;
      }
      calls.set(packet.cid, message);
    } else {
      core.platform.clearTimeout(message.timer);
    }
    core.outlet.sendMessage(message);
  }

  /** @throws what the application's generator throws, or for an id that could not be told apart */
  function nextId(): number {
    const id = core.options.callIdGenerator?.() ?? ++lastId;
    const isUsable = id > 0 && !calls.has(id);
    assertOption('callIdGenerator', id, isUsable, 'a source of unused positive numbers');
    return id;
  }

  function startTimer(message: Message, timeoutMs: number | null | undefined): void {
    // None, null and Infinity: no limit.
    if (Number.isFinite(timeoutMs)) {
      message.timer = core.platform.setTimeout(
        () =>
          fail(
            message,
            new TimeoutError(`Event response for ${message.packet.event} event timed out`),
          ),
        Math.min(timeoutMs!, MAX_TIMEOUT_MS),
      );
    }
  }

  /** Whatever happens to the message from now on, nobody hears of it. */
  function end(message: Message): void {
    unsent.delete(message);
    calls.delete(message.packet.cid);
    message.reject = undefined;
    message.unwatch?.();
    core.platform.clearTimeout(message.timer);
  }

  /** The message will not be sent, or the call not be answered. */
  function fail(message: Message, error: unknown): void {
    const { reject } = message;
    end(message);
    reject?.(error);
  }

  function failAll(messages: Iterable<Message>, errorOf: ErrorOf): void {
    for (const message of messages) {
      fail(message, errorOf(message.packet.event));
    }
  }

  /** A reply arrived; one that is late or made up is ignored. */
  function settle({ rid, data, error }: ResponsePacket): void {
    const message = calls.get(rid);
    if (message) {
      const failure = hydrateError(error);
      if (failure === null) {
        end(message);
        message.resolve!(data);
      } else {
        fail(message, failure);
      }
    }
  }

  /** The connection is ready: everything waiting goes out in the order of the calls. */
  function flush(): void {
    // A set iterates over what is added meanwhile too.
    for (const message of unsent) {
      unsent.delete(message);
      send(message);
    }
  }

  /** The connection is gone: what is batched and the calls in flight fail. */
  function onConnectionLost(loss: ErrorOf): void {
    failAll(core.outlet.batcher.cancelBatch(), loss);
    failAll(calls.values(), loss);
  }

  /**
   * Decides on what is unsent after a connection ended: calls fail; transmits wait for the next
   * connection if one will be tried, else they are dropped and reported.
   */
  function onAttemptEnded(loss: ErrorOf, willRetry: boolean): void {
    failAll(
      [...unsent].filter(({ resolve }) => resolve || !willRetry),
      loss,
    );
  }

  /** The application discarded a batch. */
  function onBatchCancelled(messages: Message[]): void {
    failAll(
      messages,
      (event) => new AbortError(`Event ${event} was aborted due to a cancelled batch`),
    );
  }

  return {
    unsent,
    transmit,
    call,
    callNow,
    fail,
    failAll,
    settle,
    flush,
    onConnectionLost,
    onAttemptEnded,
    onBatchCancelled,
  };
}
