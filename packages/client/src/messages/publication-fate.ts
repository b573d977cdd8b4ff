import { BadConnectionError, TimeoutError } from '@asyngular/protocol';
import { development } from '#development';
import type { CallMessage, TransmitMessage } from './message.js';

// Whether a publication with an id that has failed may be in the channel's log: it was sent, and had no answer.

/** For the end of an error's text; empty for anything but such a publication. */
export function fateOf(message: TransmitMessage | CallMessage): string {
  if (!development || message.type !== 'call' || message.publicationId === undefined) {
    return '';
  }
  return wasSent(message) ? '; it may have been published' : '; it was not published';
}

/** For programs: a member of the error. What the server answered says it by itself. */
export function tellFate(call: CallMessage, error: unknown): void {
  const hasNoAnswer = error instanceof TimeoutError || error instanceof BadConnectionError;
  if (call.publicationId !== undefined && hasNoAnswer) {
    error.maybeSent = wasSent(call);
  }
}

/** It keeps the id of the call that it was sent with last. */
export function wasSent({ packet }: CallMessage): boolean {
  return packet.cid !== undefined;
}
