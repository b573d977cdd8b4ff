/**
 * Base of every error that this library raises. `code` is a literal per class, kept on the prototype
 * so that it never travels (errors with a close code use `code` for that number instead); `name` and
 * `message` are own enumerable members, as peers expect. Errors from a peer are plain `Error`s:
 * recognize those by `name`.
 */
export abstract class AsyngularError extends Error {
  // Declared as a field so that it becomes enumerable: Error alone would hide it from JSON.
  override message: string;

  /** Identifies the class, across copies of this package too. */
  abstract readonly code: string | number;

  constructor(message = '', options?: ErrorOptions) {
    super(message, options);
    this.message = message;
  }
}
