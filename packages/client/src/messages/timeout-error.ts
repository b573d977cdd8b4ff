import { elsewhere } from '@asyngular/errors/internal';
import { TimeoutError } from '@asyngular/protocol';
import { development } from '#development';
import type { ConnectionState } from '../connection/connection-state.js';
import type { CallMessage, TransmitMessage } from './message.js';
import { fateOf } from './publication-fate.js';

/** What a message fails with that was not sent, or not answered, in time. */
export function timeoutError(
  message: TransmitMessage | CallMessage,
  timeoutMs: number,
  connection: ConnectionState,
): TimeoutError {
  const { event } = message.packet;
  const state = connection.state === 'open' ? 'open' : 'not open';
  return elsewhere(
    new TimeoutError(
      development
        ? `Event response for ${event} event timed out after ${timeoutMs} ms; the connection is ${state}${fateOf(message)}`
        : event,
    ),
  );
}
