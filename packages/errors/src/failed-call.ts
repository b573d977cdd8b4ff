import { isDevelopment } from '#development';

/** Not all engines have it. */
interface StackCapture {
  captureStackTrace?(error: object): void;
}

/** Errors that were made while something of a peer was handled: where that was says nothing about the call. */
const madeElsewhere = new WeakSet<object>();

/** An error that a packet, a clock or the end of a connection has brought about, for a call that fails with it. */
export function elsewhere<Failure extends Error>(error: Failure): Failure {
  if (isDevelopment) {
    madeElsewhere.add(error);
  }
  return error;
}

/**
 * For the end of a call: `promise.catch(failedCall)`. Gives an error that was made elsewhere the stack of the code that
 * awaits the call. V8 knows that code without keeping anything for it, but tells it only here, on the way from the
 * rejection to there; elsewhere the stack stays as it is.
 */
export function failedCall(error: unknown): never {
  if (isDevelopment && madeElsewhere.delete(error as Error)) {
    (Error as StackCapture).captureStackTrace?.(error as Error);
  }
  throw error;
}
