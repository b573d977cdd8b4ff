import { type TracingChannel, tracingChannel } from 'node:diagnostics_channel';
import type { TraceMessages } from './messages.js';

type Channel<Name extends keyof TraceMessages> = TracingChannel<unknown, TraceMessages[Name]>;

function channel<Name extends keyof TraceMessages>(name: Name): Channel<Name> {
  return tracingChannel(name);
}

// While nobody subscribes to one, all that happens is a look at `hasSubscribers`.
export const handshakeChannel = channel('asyngular:server:handshake');
export const callChannel = channel('asyngular:server:call');
export const outgoingChannel = channel('asyngular:server:outgoing-call');
export const publishChannel = channel('asyngular:server:publish');
export const recoveryChannel = channel('asyngular:server:recovery');

/** Whether somebody would make use of where clients stand in a trace (P20.1). */
export function isTracing(): boolean {
  return callChannel.hasSubscribers || publishChannel.hasSubscribers;
}

/** Something has begun. It never ends in the same step, so that `end` comes at once. */
export function begin<Message extends object>(
  { start, end }: TracingChannel<unknown, Message>,
  message: Message,
): Message {
  start.publish(message);
  end.publish(message);
  return message;
}

/** It is over; with an error if it has failed. */
export function finish<Message extends { error?: unknown }>(
  { error: failed, asyncStart, asyncEnd }: TracingChannel<unknown, Message>,
  message: Message,
  error?: unknown,
): void {
  if (error !== undefined) {
    message.error = error;
    failed.publish(message);
  }
  asyncStart.publish(message);
  asyncEnd.publish(message);
}

/** `run` of a message to which no subscriber has added anything. */
export function runPlainly<Result>(work: () => Result): Result {
  return work();
}
