import {
  SocketProtocolError,
  socketProtocolErrorStatuses,
  socketProtocolIgnoreStatuses,
} from '@asyngular/errors';

/**
 * The error that a close stands for, or `undefined` for the codes that are no error (1000, 1001).
 * Source: docs/protocol.md P9.3.
 */
export function closeError(code: number, reason?: unknown): SocketProtocolError | undefined {
  if (socketProtocolIgnoreStatuses[code] !== undefined) {
    return undefined;
  }
  const text =
    socketProtocolErrorStatuses[code] ??
    (typeof reason === 'string'
      ? `Socket connection closed with status code ${code} and reason: ${reason}`
      : `Socket connection closed with status code ${code}`);
  return new SocketProtocolError(text, code);
}
