import type { PendingCall } from '@asyngular/protocol/internal';
import type { OutgoingOutcome } from '../metrics/call-outcomes.js';
import { begin, finish, outgoingChannel } from './channels.js';
import type { OutgoingCallTrace } from './messages.js';

/** The server has called a client. To be called only when somebody traces that. */
export function beginOutgoing(
  call: PendingCall,
  about: { readonly server: object; readonly socket: object },
): void {
  const { procedure, isStream } = call;
  const message = { procedure, isStream, ...about, outcome: undefined };
  call.trace = begin(outgoingChannel, message as OutgoingCallTrace);
}

/** What became of it. */
export function endOutgoing(call: PendingCall, outcome: OutgoingOutcome, error: unknown): void {
  const message = call.trace as OutgoingCallTrace | undefined;
  if (message === undefined) return;
  call.trace = undefined;
  message.outcome = outcome;
  const isFailed = outcome === 'error' || outcome === 'timeout';
  finish(outgoingChannel, message, isFailed ? (error ?? new Error(outcome)) : undefined);
}
