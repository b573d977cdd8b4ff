import { AsyngularError } from './asyngular-error.js';

/**
 * An error made to be sent: the server answers a call with its name, message and other members, where any
 * other error that a handler throws reaches the caller as an `InternalServerError`. Extend it: `name` is the
 * name of your class. Nothing in it may be a secret.
 */
export class PublicError extends AsyngularError {
  override name: string;
  /** Set one of your own per class to tell errors apart by it. */
  readonly code: string = 'ERR_PUBLIC';

  constructor(message?: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** A handler of the server threw an error that was not made to be sent; its text stays on the server. */
export class InternalServerError extends AsyngularError {
  override name = 'InternalServerError' as const;
  readonly code = 'ERR_INTERNAL_SERVER';
  /** The server's `warning` about the error itself has the same one, as `errorId`. */
  id: string | undefined;

  constructor(message?: string, id?: string, options?: ErrorOptions) {
    super(message, options);
    this.id = id;
  }
}

/** A procedure was called for which the peer has neither a handler nor a loop. */
export class NoHandlerError extends AsyngularError {
  override name = 'NoHandlerError' as const;
  readonly code = 'ERR_NO_HANDLER';
}
