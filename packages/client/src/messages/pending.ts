import { AbortError, protocolEvents } from '@asyngular/protocol';
import { development } from '#development';
import { type ConnectionState, canRecover } from '../connection/connection-state.js';
import type { Link } from '../connection/link.js';
import type { Context } from '../context.js';
import { streamsOf } from './call-terms.js';
import { CallsInFlight } from './calls-in-flight.js';
import {
  type CallMessage,
  connectionLoss,
  type ErrorOf,
  type Message,
  type TransmitMessage,
} from './message.js';
import type { Outlet } from './outlet.js';
import { fateOf, tellFate } from './publication-fate.js';
import { full } from './refusals.js';
import type { Requests } from './requests-interface.js';

/** The messages that wait to be sent, the calls that wait for answers, and what becomes of them without. */
export interface Pending
  extends Pick<
    Requests,
    | 'waitingCalls'
    | 'giveUp'
    | 'onUnwritten'
    | 'onConnectionLost'
    | 'onMoved'
    | 'isAwaiting'
    | 'onAttemptEnded'
    | 'onBatchCancelled'
  > {
  /** In the order in which they are to be sent. */
  readonly unsent: Set<TransmitMessage | CallMessage>;
  readonly calls: CallsInFlight;
  /** Counts the message until its end. Returns why there is no room for it; `isReady`: it can be sent at once. */
  admit(message: TransmitMessage | CallMessage, isReady: boolean): Error | undefined;
  /** It may be started again, for a call that is sent again. */
  stopTimer(message: TransmitMessage | CallMessage): void;
  /** Takes the message off all lists; whatever happens to it from now on is not reported. */
  end(message: TransmitMessage | CallMessage): void;
}

export function createPending(
  context: Context,
  connection: Pick<ConnectionState, 'link'>,
  outlet: Pick<Outlet, 'batcher'>,
): Pending {
  const unsent = new Set<TransmitMessage | CallMessage>();
  const calls = new CallsInFlight(context);
  let streams = 0;

  function waitingCalls(): readonly object[] {
    return [...unsent, ...calls].filter(
      ({ type, packet }) => type === 'call' && !packet.event.startsWith('#'),
    );
  }

  /** A transmit that can go out at once waits for nothing, so that only calls have a limit then. */
  function admit(message: TransmitMessage | CallMessage, isReady: boolean): Error | undefined {
    if (message.type === 'call' && streamsOf(message) && ++streams > context.options.maxStreams) {
      return full(message, 'maxStreams', streams - 1);
    }
    if (isReady && message.type !== 'call') {
      return undefined;
    }
    const limit = isReady ? 'maxCallsInFlight' : 'maxUnsentMessages';
    const { size } = isReady ? calls : unsent;
    return size < context.options[limit] ? undefined : full(message, limit, size);
  }

  function stopTimer(message: TransmitMessage | CallMessage): void {
    context.platform.clearTimeout(message.timer);
    message.timer = undefined;
  }

  function end(message: TransmitMessage | CallMessage): void {
    message.isOver = true;
    unsent.delete(message);
    stopTimer(message);
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

  /** A call fails with the close event that is on its way; a transmit has nothing to wait for. */
  function onUnwritten(messages: readonly Message[]): void {
    giveUpAll(
      messages.filter(({ type }) => type === 'transmit'),
      connectionLoss('disconnect'),
    );
  }

  function onConnectionLost(loss: ErrorOf, link: Link): void {
    const lost = callsOn(link);
    const repeated = lost.filter(
      (call) => (call.repeats && canRecover(call)) || call.restart?.(call),
    );
    const batch = link === connection.link ? outlet.batcher.cancelBatch() : [];
    giveUpAll(
      [...batch, ...lost].filter((message) => !repeated.includes(message as CallMessage)),
      loss,
    );
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
    for (const message of [...lost, ...unsent]) {
      // To the end, one after the other.
      unsent.delete(message);
      unsent.add(message);
    }
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
    unsent,
    calls,
    waitingCalls,
    admit,
    stopTimer,
    end,
    giveUp,
    onUnwritten,
    onConnectionLost,
    onMoved,
    isAwaiting: (link) => callsOn(link).length > 0,
    onAttemptEnded,
    onBatchCancelled,
  };
}
