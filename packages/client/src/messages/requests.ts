import {
  AbortError,
  hydrateError,
  NotSupportedError,
  QueueFullError,
  type ResponsePacket,
} from '@asyngular/protocol';
import { assertName, MAX_TIMEOUT_MS, PEOPLE_EXTENSION } from '@asyngular/protocol/internal';
import { addAbortListener, removeAbortListener } from '@asyngular/streams/internal';
import { development } from '#development';
import { type ConnectionState, canRecover } from '../connection/connection-state.js';
import { type Context, checkOutgoing, emitError, ownedData } from '../context.js';
import { CallsInFlight } from './calls-in-flight.js';
import {
  type Caller,
  type CallMessage,
  connectionLoss,
  type ErrorOf,
  type Message,
  type TransmitMessage,
} from './message.js';
import type { Outlet } from './outlet.js';
import type { Pressure } from './pressure.js';
import { fateOf, tellFate, wasSent } from './publication-fate.js';
import type { InvokeOptions, PublicationOptions, TransmitOptions } from './request-options.js';
import { timeoutError } from './timeout-error.js';

/**
 * What the application sends: a FIFO buffer while there is no connection or a full one, and the calls in
 * flight. The buffer is empty whenever the connection is ready, so order is never lost. Calls take callbacks
 * rather than promises, because replies to `#handshake`, `#subscribe` and `#authenticate` must take
 * effect before the next packet of the same batch.
 */
export interface Requests {
  /** Messages and calls that wait for a connection, or for a full one to drain. */
  readonly unsentCount: number;

  /** The application's own calls that have no answer yet, sent or not. */
  waitingCalls(): readonly object[];

  /** One-way message. Never throws: what cannot be sent is reported by `transmitDropped` or `error`. */
  transmit(
    event: string,
    data?: unknown,
    options?: TransmitOptions,
    publication?: PublicationOptions,
  ): void;

  /**
   * Remote call.
   * @throws InvalidArgumentsError for a name that is no string or an option that cannot work, and what
   *   cloning the data throws
   */
  call(
    event: string,
    data: unknown,
    options: InvokeOptions | undefined,
    caller: Caller,
    publication?: PublicationOptions,
  ): void;

  /**
   * Sends a call at once, past the buffer: handshake and subscriptions. Returns the function that forgets it,
   * after which `caller` is not called any more.
   */
  callNow(event: string, data: unknown, timeoutMs: number, caller: Caller): () => void;

  /** The message will not be sent, or the call not be answered. */
  giveUp(message: TransmitMessage | CallMessage, error: unknown): void;

  /** The connection was already closing when these were to be written. */
  onUnwritten(messages: readonly Message[]): void;

  /** A reply arrived; one that is late or made up is ignored. */
  settle(response: ResponsePacket): void;

  /** Sends what waits, in the order of the calls, as far as the connection takes it. */
  flush(): void;

  /** The connection is gone: what is batched and the calls in flight fail. */
  onConnectionLost(loss: ErrorOf): void;

  /**
   * Decides on what is unsent after a connection ended: transmits, and calls that wait for a connection, wait for
   * the next one if it will be tried; all others fail, or are dropped and reported.
   */
  onAttemptEnded(loss: ErrorOf, willRetry: boolean): void;

  /** The application discarded a batch. */
  onBatchCancelled(messages: Message[]): void;
}

/** What else of the socket requests use. */
export interface RequestsNeeds {
  readonly connection: ConnectionState;
  readonly outlet: Outlet;
  readonly pressure: Pick<Pressure, 'isFull'>;
  /** Comes before each message of the application: it may have to connect first. */
  prepareToSend(): void;
}

export function createRequests(
  context: Context,
  { connection, outlet, pressure, prepareToSend }: RequestsNeeds,
): Requests {
  const { platform } = context;
  let unsent = new Set<TransmitMessage | CallMessage>();
  const calls = new CallsInFlight(context);

  function waitingCalls(): readonly object[] {
    return [...unsent, ...calls].filter(
      ({ type, packet }) => type === 'call' && !packet.event.startsWith('#'),
    );
  }

  function transmit(
    event: string,
    data?: unknown,
    options?: TransmitOptions,
    publication?: PublicationOptions,
  ): void {
    try {
      assertName(event);
      development?.assertTransmitOptions(options);
      checkOutgoing(context, 'receiver', event, data);
      const packet = { event, data: ownedData(context, data) };
      submit({ type: 'transmit', packet, isOver: false, ...publication }, options?.ackTimeout);
    } catch (error) {
      // Data that cannot be cloned, or a message that the WebSocket refuses.
      emitError(context, error);
    }
  }

  function call(
    event: string,
    data: unknown,
    options: InvokeOptions | undefined,
    caller: Caller,
    publication?: PublicationOptions,
  ): void {
    assertName(event);
    development?.assertInvokeOptions(options);
    checkOutgoing(context, 'procedure', event, data);
    const { signal, ackTimeout = context.options.ackTimeout, wait } = options ?? {};
    if (signal?.aborted) {
      caller.reject(signal.reason);
      return;
    }
    const packet = { event, data: ownedData(context, data) };
    const waits = wait ?? context.options.waitForConnection;
    const message: CallMessage = {
      type: 'call',
      packet,
      caller,
      waits,
      isOver: false,
      ...publication,
    };
    if (signal) {
      const signalOnAbort = () => giveUp(message, signal.reason);
      addAbortListener(signal, signalOnAbort);
      message.unwatch = () => removeAbortListener(signal, signalOnAbort);
    }
    submit(message, ackTimeout);
  }

  function callNow(event: string, data: unknown, timeoutMs: number, caller: Caller): () => void {
    const message: CallMessage = {
      type: 'call',
      packet: { event, data },
      caller,
      waits: false,
      isOver: false,
    };
    startTimer(message, timeoutMs);
    send(message);
    return () => end(message);
  }

  function submit(
    message: TransmitMessage | CallMessage,
    timeoutMs: number | null | undefined,
  ): void {
    prepareToSend();
    // What waits already goes first.
    const isReady = canSend() && unsent.size === 0;
    const error = refusal(message, isReady);
    if (error) {
      giveUp(message, error);
      return;
    }
    startTimer(message, timeoutMs);
    if (isReady) {
      send(message);
    } else {
      unsent.add(message);
    }
  }

  function canSend(): boolean {
    return connection.state === 'open' && !pressure.isFull;
  }

  /** A transmit that can go out at once waits for nothing, so that only calls have a limit then. */
  function refusal({ type, packet: { event } }: Message, isReady: boolean): Error | undefined {
    if (isReady && type !== 'call') {
      return undefined;
    }
    const limit = isReady ? 'maxCallsInFlight' : 'maxUnsentMessages';
    const { size } = isReady ? calls : unsent;
    return size < context.options[limit]
      ? undefined
      : new QueueFullError(
          development
            ? `Event ${event} was aborted due to ${limit}: ${size}; raise it`
            : `${event}: ${limit}`,
        );
  }

  function send(message: TransmitMessage | CallMessage): void {
    const { publicationId: id, packet } = message;
    if (message.exceptsSelf) {
      if (!connection.link?.extensions.has(PEOPLE_EXTENSION)) {
        giveUp(message, notSupported());
        return;
      }
      packet.data = { ...(packet.data as object), except: true };
    }
    if (id !== undefined && canRecover(connection)) {
      packet.data = { ...(packet.data as object), id };
    } else if (message.type === 'call' && wasSent(message)) {
      // On an earlier connection, and this server would take it for another publication.
      giveUp(message, connectionLoss('disconnect')(packet.event, fateOf(message)));
      return;
    }
    if (message.type === 'transmit') {
      platform.clearTimeout(message.timer);
    } else {
      try {
        calls.add(message);
      } catch (error) {
        giveUp(message, error);
        return;
      }
    }
    outlet.sendMessage(message);
  }

  function notSupported(): NotSupportedError {
    return new NotSupportedError(
      development
        ? "The server does not know except: 'self'; leave it out, or update the server"
        : 'except',
    );
  }

  function startTimer(
    message: TransmitMessage | CallMessage,
    timeoutMs: number | null | undefined,
  ): void {
    // None, null and Infinity: no limit.
    if (Number.isFinite(timeoutMs)) {
      message.timer = platform.setTimeout(
        () => giveUp(message, timeoutError(message, timeoutMs!, connection)),
        Math.min(timeoutMs!, MAX_TIMEOUT_MS),
      );
    }
  }

  /** Takes the message off all lists; whatever happens to it from now on is not reported. */
  function end(message: TransmitMessage | CallMessage): void {
    message.isOver = true;
    unsent.delete(message);
    platform.clearTimeout(message.timer);
    if (message.type === 'call') {
      calls.delete(message);
      message.unwatch?.();
    }
  }

  function giveUp(message: TransmitMessage | CallMessage, error: unknown): void {
    if (message.isOver) {
      return;
    }
    end(message);
    if (message.type === 'call') {
      tellFate(message, error);
      message.caller.reject(error);
    } else {
      const { event, data } = message.packet;
      // Only what fails a call may be no error.
      context.emit('transmitDropped', { event, data, error: error as Error });
    }
  }

  function giveUpAll(messages: Iterable<Message>, errorOf: ErrorOf, advice = ''): void {
    for (const message of messages) {
      if (message.type !== 'control') {
        giveUp(message, errorOf(message.packet.event, advice + fateOf(message)));
      }
    }
  }

  function settle({ rid, data, error }: ResponsePacket): void {
    const message = calls.get(rid);
    if (!message) {
      return;
    }
    const failure = hydrateError(error);
    if (failure !== null) {
      giveUp(message, failure);
      return;
    }
    end(message);
    message.caller.resolve(data);
  }

  /** A call fails with the close event that is on its way; a transmit has nothing to wait for. */
  function onUnwritten(messages: readonly Message[]): void {
    giveUpAll(
      messages.filter(({ type }) => type === 'transmit'),
      connectionLoss('disconnect'),
    );
  }

  function flush(): void {
    // A set iterates over what is added meanwhile too.
    for (const message of unsent) {
      if (!canSend()) {
        return;
      }
      unsent.delete(message);
      send(message);
    }
  }

  function onConnectionLost(loss: ErrorOf): void {
    const repeated = new Set<CallMessage>();
    for (const call of calls) {
      if (call.repeats && canRecover(connection)) {
        call.waits = true;
        repeated.add(call);
      }
    }
    const isLost = (message: Message) => !repeated.has(message as CallMessage);
    giveUpAll(outlet.batcher.cancelBatch().filter(isLost), loss);
    giveUpAll([...calls].filter(isLost), loss);
    calls.clear();
    // They were asked for before what waits already.
    unsent = new Set([...repeated, ...unsent]);
  }

  function onAttemptEnded(loss: ErrorOf, willRetry: boolean): void {
    const given = [...unsent].filter(
      (message) => !willRetry || (message.type === 'call' && !message.waits),
    );
    const advice = development && willRetry ? '; with waitForConnection it would have waited' : '';
    giveUpAll(given, loss, advice);
  }

  function onBatchCancelled(messages: Message[]): void {
    giveUpAll(
      messages,
      (event) =>
        new AbortError(development ? `Event ${event} was aborted due to a cancelled batch` : event),
    );
  }

  return {
    get unsentCount() {
      return unsent.size;
    },
    waitingCalls,
    transmit,
    call,
    callNow,
    giveUp,
    onUnwritten,
    settle,
    flush,
    onConnectionLost,
    onAttemptEnded,
    onBatchCancelled,
  };
}
