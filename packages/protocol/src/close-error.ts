import {
  ConnectionError,
  ResourceLimitError,
  SocketProtocolError,
  socketProtocolErrorStatuses,
  socketProtocolIgnoreStatuses,
} from '@asyngular/errors';
import { isDevelopment } from '@asyngular/errors/internal';

/**
 * The error that a close stands for, or `undefined` for the codes that are no error (1000, 1001). Where no
 * connection could be made, it says what `cause` says, and where a limit was exceeded, that as well.
 * Source: docs/protocol.md P9.3.
 */
export function closeError(
  code: number,
  reason?: unknown,
  cause?: Error,
): SocketProtocolError | undefined {
  if (socketProtocolIgnoreStatuses[code] !== undefined) {
    return undefined;
  }
  const excess = isDevelopment && cause instanceof ResourceLimitError ? `: ${cause.message}` : '';
  const text =
    (cause instanceof ConnectionError ? cause.message : undefined) ??
    socketProtocolErrorStatuses[code] ??
    (typeof reason === 'string'
      ? `Socket connection closed with status code ${code} and reason: ${reason}`
      : `Socket connection closed with status code ${code}`);
  return new SocketProtocolError(text + excess, code, cause && { cause });
}
