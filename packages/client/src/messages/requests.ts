import { AbortError, hydrateError, protocolEvents, type ResponsePacket } from '@asyngular/protocol';
import {
  assertName,
  MAX_TIMEOUT_MS,
  PEOPLE_EXTENSION,
  timeoutWithin,
} from '@asyngular/protocol/internal';
import { addAbortListener, removeAbortListener } from '@asyngular/streams/internal';
import { development } from '#development';
import { canRecover } from '../connection/connection-state.js';
import type { Link } from '../connection/link.js';
import { type Context, checkOutgoing, emitError, ownedData } from '../context.js';
import { tracing } from '../tracing.js';
import { addTerms, canWithdraw, sendBody, streamsOf } from './call-terms.js';
import { CallsInFlight } from './calls-in-flight.js';
import {
  type Caller,
  type CallMessage,
  connectionLoss,
  type ErrorOf,
  isFarewell,
  type Message,
  type TransmitMessage,
} from './message.js';
import { fateOf, tellFate, wasSent } from './publication-fate.js';
import { full, noExcept } from './refusals.js';
import type {
  PublicationOptions,
  StreamCall,
  StreamOptions,
  TransmitOptions,
} from './request-options.js';
import type { Requests, RequestsNeeds } from './requests-interface.js';
import { timeoutError } from './timeout-error.js';

export type { Requests } from './requests-interface.js';

export function createRequests(
  context: Context,
  { connection, outlet, pressure, serving, prepareToSend }: RequestsNeeds,
): Requests {
  const { platform } = context;
  let unsent = new Set<TransmitMessage | CallMessage>();
  const calls = new CallsInFlight(context);
  let streams = 0;

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
    options: StreamOptions | undefined,
    caller: Caller,
    extra?: PublicationOptions | StreamCall,
  ): CallMessage | undefined {
    assertName(event);
    const isStream = (extra as StreamCall | undefined)?.reader !== undefined;
    if (!isStream) {
      development?.assertInvokeOptions(options);
    }
    checkOutgoing(context, 'procedure', event, data);
    const { signal, ackTimeout = context.options.ackTimeout, wait, body, timeout } = options ?? {};
    if (signal?.aborted) {
      caller.reject(signal.reason);
      return;
    }
    const timeoutMs = timeoutWithin(signal, ackTimeout, Date.now());
    const wholeMs = isStream ? timeoutWithin(signal, timeout, Date.now()) : timeoutMs;
    const packet = { event, data: ownedData(context, data) };
    const waits = wait ?? context.options.waitForConnection;
    const message: CallMessage = {
      type: 'call',
      packet,
      caller,
      waits,
      isOver: false,
      dueAt: wholeMs && platform.now() + wholeMs,
      ...extra,
      ...(isStream && { openTimeout: timeoutMs }),
      ...(body && { body }),
    };
    if (signal) {
      const signalOnAbort = () => withdraw(message, signal.reason);
      addAbortListener(signal, signalOnAbort);
      message.unwatch = () => removeAbortListener(signal, signalOnAbort);
    }
    streams += streamsOf(message);
    submit(message, timeoutMs);
    return message;
  }

  function isInFlight(message: CallMessage): boolean {
    return calls.get(message.packet.cid) === message;
  }

  function withdraw(message: CallMessage, error: unknown): void {
    const { link } = message;
    const isHeardOf = isInFlight(message) && link && canWithdraw(message, link);
    giveUp(message, error);
    if (isHeardOf) {
      outlet.send({ event: protocolEvents.cancel, data: { cid: message.packet.cid } }, link);
    }
  }

  function callNow(
    event: string,
    data: unknown,
    timeoutMs: number,
    caller: Caller,
    link?: Link,
  ): () => void {
    const message: CallMessage = {
      type: 'call',
      packet: { event, data },
      caller,
      waits: false,
      isOver: false,
      isOwn: true,
      link,
    };
    startTimer(message, timeoutMs);
    send(message);
    return () => end(message);
  }

  function submit(
    message: TransmitMessage | CallMessage,
    timeoutMs: number | null | undefined,
  ): void {
    tracing?.begin(context.options, message);
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
    return connection.state === 'open' && !pressure.isFull && !connection.isParting;
  }

  /** A transmit that can go out at once waits for nothing, so that only calls have a limit then. */
  function refusal(message: Message, isReady: boolean): Error | undefined {
    if (message.type === 'call' && streamsOf(message) && streams > context.options.maxStreams) {
      return full(message, 'maxStreams', streams - 1);
    }
    if (isReady && message.type !== 'call') {
      return undefined;
    }
    const limit = isReady ? 'maxCallsInFlight' : 'maxUnsentMessages';
    const { size } = isReady ? calls : unsent;
    return size < context.options[limit] ? undefined : full(message, limit, size);
  }

  function send(message: TransmitMessage | CallMessage): void {
    const { publicationId: id, packet } = message;
    message.link ??= connection.link;
    const link = message.link!;
    if (message.exceptsSelf) {
      if (!link.extensions.has(PEOPLE_EXTENSION)) {
        giveUp(message, noExcept());
        return;
      }
      packet.data = { ...(packet.data as object), except: true };
    }
    if (id !== undefined && canRecover(message)) {
      packet.data = { ...(packet.data as object), id };
    } else if (message.type === 'call' && wasSent(message) && !message.restart) {
      // On an earlier connection, and this server would take it for another publication.
      giveUp(message, connectionLoss('disconnect')(packet.event, fateOf(message)));
      return;
    }
    if (message.type === 'transmit') {
      platform.clearTimeout(message.timer);
    } else {
      try {
        addTerms(message, link, platform.now());
        calls.add(message);
      } catch (error) {
        giveUp(message, error);
        return;
      }
    }
    tracing?.attach(message, link.extensions);
    outlet.sendMessage(message);
    if (message.type === 'call' && streamsOf(message) && !message.isOver) {
      // Sent again after its connection was lost, it has as long to open as at first.
      if (!message.timer) {
        startTimer(message, message.openTimeout);
      }
      message.producer = sendBody(message, serving(link), (error) => withdraw(message, error));
    }
  }

  function startTimer(
    message: TransmitMessage | CallMessage,
    timeoutMs: number | null | undefined,
  ): void {
    // None, null and Infinity: no limit.
    if (Number.isFinite(timeoutMs)) {
      message.timer = platform.setTimeout(
        () => {
          const error = timeoutError(message, timeoutMs!, connection);
          if (message.type === 'call') {
            withdraw(message, error);
          } else {
            giveUp(message, error);
          }
        },
        Math.min(timeoutMs!, MAX_TIMEOUT_MS),
      );
    }
  }

  function stopTimer(message: CallMessage): void {
    platform.clearTimeout(message.timer);
    message.timer = undefined;
  }

  /** Takes the message off all lists; whatever happens to it from now on is not reported. */
  function end(message: TransmitMessage | CallMessage): void {
    message.isOver = true;
    unsent.delete(message);
    platform.clearTimeout(message.timer);
    if (message.type === 'call') {
      calls.delete(message);
      streams -= streamsOf(message);
      message.unwatch?.();
      message.producer?.cancel();
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

  function settle({ rid, data, error, extra }: ResponsePacket): void {
    const message = calls.get(rid);
    if (!message) {
      return;
    }
    const failure = hydrateError(error);
    if (message.reader && extra && failure === null) {
      stopTimer(message);
      message.reader.acceptPart(extra, data);
      if (!extra.isEnd) {
        return;
      }
    }
    if (message.restart && isFarewell(failure)) {
      stopTimer(message);
      return;
    }
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

  function onConnectionLost(loss: ErrorOf, link: Link): void {
    const lost = callsOn(link);
    const repeated = lost.filter(
      (call) => (call.repeats && canRecover(call)) || call.restart?.(call),
    );
    const isLost = (message: Message) => !repeated.includes(message as CallMessage);
    if (link === connection.link) {
      giveUpAll(outlet.batcher.cancelBatch().filter(isLost), loss);
    }
    giveUpAll(lost.filter(isLost), loss);
    for (const call of repeated) {
      if (call.restart) {
        stopTimer(call);
      }
      call.waits = true;
    }
    sendAgain(repeated);
  }

  function onMoved(old: Link): void {
    const asked = callsOn(old);
    asked.filter(({ isOwn }) => isOwn).forEach(end);
    const logins = asked.filter(({ packet }) => packet.event === protocolEvents.authenticate);
    sendAgain(logins);
    for (const { packet } of logins) {
      delete packet.cid;
    }
  }

  function callsOn(link: Link | undefined): CallMessage[] {
    return [...calls].filter((call) => call.link === link);
  }

  /** On the next connection, before what waits already: they were asked for earlier. */
  function sendAgain(lost: readonly CallMessage[]): void {
    for (const call of lost) {
      calls.delete(call);
      call.link = undefined;
    }
    unsent = new Set([...lost, ...unsent]);
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
    isInFlight,
    withdraw,
    producerOf: (id) => calls.get(id)?.producer,
    callNow,
    giveUp,
    onUnwritten,
    settle,
    flush,
    onConnectionLost,
    onMoved,
    isAwaiting: (link) => callsOn(link).length > 0,
    onAttemptEnded,
    onBatchCancelled,
  };
}
