import { NotSupportedError, QueueFullError } from '@asyngular/protocol';
import { development } from '#development';
import type { Message } from './message.js';

/** More messages than an option of the client allows. */
export function full({ packet: { event } }: Message, limit: string, size: number): QueueFullError {
  return new QueueFullError(
    development
      ? `Event ${event} was aborted due to ${limit}: ${size}; raise it`
      : `${event}: ${limit}`,
  );
}

/** The server would deliver the publication to its publisher, too. */
export function noExcept(): NotSupportedError {
  return new NotSupportedError(
    development
      ? "The server does not know except: 'self'; leave it out, or update the server"
      : 'except',
  );
}
