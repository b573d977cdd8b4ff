import { BadConnectionError } from '@asyngular/protocol';

/** Something was to be sent through a socket that is not open: `notOpenError('transmit', 'news event')`. */
export function notOpenError(kind: string, what: string): BadConnectionError {
  const text =
    `Socket ${kind} ${what} was aborted due to a bad connection; ` +
    'this socket is not open, and a client that comes back has a new one';
  return new BadConnectionError(text, 'connectAbort');
}
