import { hydrateError, protocolEvents, type ResponsePacket } from '@asyngular/protocol';
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
import {
  type Caller,
  type CallMessage,
  connectionLoss,
  isFarewell,
  type TransmitMessage,
} from './message.js';
import { createPending } from './pending.js';
import { fateOf, wasSent } from './publication-fate.js';
import { noExcept } from './refusals.js';
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
  const pending = createPending(context, connection, outlet);
  const { unsent, calls, stopTimer, end, giveUp } = pending;

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
    const error = pending.admit(message, isReady);
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
      stopTimer(message);
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

  return {
    ...pending,
    transmit,
    call,
    isInFlight,
    withdraw,
    producerOf: (id) => calls.get(id)?.producer,
    callNow,
    settle,
    flush,
  };
}
