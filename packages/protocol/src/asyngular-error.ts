/**
 * Base of every error that this library raises. `name` is a literal per class and tells errors apart, across
 * copies of this package and after travelling: errors from a peer are plain `Error`s of that name. `name` and
 * `message` are own enumerable members, as peers expect.
 */
export abstract class AsyngularError extends Error {
  // Declared as a field so that it becomes enumerable: Error alone would hide it from JSON.
  override message: string;

  constructor(message = '', options?: ErrorOptions) {
    super(message, options);
    this.message = message;
  }
}
