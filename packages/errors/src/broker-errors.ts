import { AsyngularError } from './asyngular-error.js';

/** The broker cannot be reached, or refused or failed to publish, subscribe or unsubscribe. */
export class BrokerError extends AsyngularError {
  override name = 'BrokerError' as const;
  readonly code = 'ERR_BROKER';
}

/** Why a broker did not take a call. */
export type BrokerUnavailableReason =
  /** It waited its full time; `maybeSent` tells whether the message may have been delivered. */
  | 'timeout'
  /** The bounded queue of waiting publishes was full. */
  | 'queue-full'
  /** The broker is closed, or was never started. */
  | 'closed'
  /** The broker itself refused the call; `cause` is its answer. */
  | 'refused'
  /** The publisher left before the broker accepted the message. */
  | 'abandoned';

/** A publish or subscribe that the broker did not accept. The server wraps it in a `BrokerError`. */
export class BrokerUnavailableError extends AsyngularError {
  override name = 'BrokerUnavailableError' as const;
  readonly code = 'ERR_BROKER_UNAVAILABLE';
  /** Why it could not be done. */
  readonly reason: BrokerUnavailableReason;
  /** True when the message had been written to the broker and only its answer is missing. */
  readonly maybeSent: boolean;

  constructor(
    message: string,
    reason: BrokerUnavailableReason,
    options: ErrorOptions & { maybeSent?: boolean } = {},
  ) {
    super(message, options);
    this.reason = reason;
    this.maybeSent = options.maybeSent ?? false;
  }
}

/** A broker was used against its lifecycle: started twice, or started after `close()`. */
export class BrokerStateError extends AsyngularError {
  override name = 'BrokerStateError' as const;
  readonly code = 'ERR_BROKER_STATE';
}

/**
 * A position in a channel's log cannot be reached: the log does not go back that far, or it is another one by now.
 * What kept the position has missed publications, and has to load its state anew.
 */
export class UnrecoverablePositionError extends AsyngularError {
  override name = 'UnrecoverablePositionError' as const;
  readonly code = 'ERR_UNRECOVERABLE_POSITION';
}

/** A broker's connection went away during a call, which is repeated on the next connection. */
export class ConnectionLostError extends AsyngularError {
  override name = 'ConnectionLostError' as const;
  readonly code = 'ERR_CONNECTION_LOST';
}
