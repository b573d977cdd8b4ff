/**
 * Base of every error that this library raises. `code` is a literal per class, made of its name (`TimeoutError`:
 * `ERR_TIMEOUT`) and kept on the prototype so that it never travels (errors with a close code use `code` for that
 * number instead); `name` and `message` are own enumerable members, as peers expect. Errors from a peer are plain
 * `Error`s: recognize those by `name`.
 */
export abstract class AsyngularError extends Error {
  // Declared as a field so that it becomes enumerable: Error alone would hide it from JSON.
  override message: string;

  /** Identifies the class, across copies of this package too. */
  declare readonly code: string | number;

  static {
    Object.defineProperty(AsyngularError.prototype, 'code', {
      get(this: Error) {
        const words = this.name.slice(0, -'Error'.length).replace(/\B[A-Z](?=[a-z])/g, '_$&');
        return `ERR_${words.toUpperCase()}`;
      },
    });
  }

  constructor(message = '', options?: ErrorOptions) {
    super(message, options);
    this.message = message;
  }
}
