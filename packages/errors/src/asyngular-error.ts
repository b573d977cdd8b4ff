/**
 * Base of every error that this library raises. `name` and `code` are literals per class and tell errors
 * apart, also across copies of this package. `name`, `message` and `code` are own enumerable members, so that
 * they travel: a remote error arrives as a plain `Error` with the same three.
 */
export abstract class AsyngularError extends Error {
  /**
   * `ERR_…`, a literal per class (`AsyngularErrorCode`). Three classes have a number instead, which their
   * published API gives this name: the close code in `SocketProtocolError` and `BadConnectionError`, the exit
   * code in `ProcessExitError`. Tell those by `name`.
   */
  abstract readonly code: string | number;
  // Declared as a field so that it becomes enumerable: Error alone would hide it from JSON.
  override message: string;

  /** @param options `cause`: what led to this error; it stays on this side when the error travels */
  constructor(message = '', options?: ErrorOptions) {
    super(message, options);
    this.message = message;
  }
}
