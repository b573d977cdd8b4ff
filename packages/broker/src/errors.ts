/** Why a broker did not take a call. */
export type BrokerUnavailableReason =
  /** It waited its full time; `maybeSent` tells whether the message may have been delivered. */
  | 'timeout'
  /** The bounded queue of waiting publishes was full. */
  | 'queue-full'
  /** The broker is closed, or was never started. */
  | 'closed'
  /** The broker itself refused the call; `cause` is its answer. */
  | 'refused';

/** A publish or subscribe that the broker did not accept. The server wraps it in a `BrokerError`. */
export class BrokerUnavailableError extends Error {
  declare readonly code: 'BROKER_UNAVAILABLE';
  override readonly name = 'BrokerUnavailableError';
  /** Why it could not be done; `code` is the same for all of them. */
  readonly reason: BrokerUnavailableReason;
  /** True when the message had been written to the broker and only its answer is missing. */
  readonly maybeSent: boolean;

  constructor(
    message: string,
    reason: BrokerUnavailableReason,
    options: { maybeSent?: boolean; cause?: unknown } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.reason = reason;
    this.maybeSent = options.maybeSent ?? false;
  }
}
Object.defineProperty(BrokerUnavailableError.prototype, 'code', { value: 'BROKER_UNAVAILABLE' });

/** A broker was used against its lifecycle: started twice, or started after `close()`. */
export class BrokerStateError extends Error {
  declare readonly code: 'BROKER_STATE';
  override readonly name = 'BrokerStateError';
}
Object.defineProperty(BrokerStateError.prototype, 'code', { value: 'BROKER_STATE' });

/** An option has an impossible value; thrown by the factory that was given it. */
export class BrokerOptionsError extends TypeError {
  declare readonly code: 'BROKER_OPTIONS';
  override readonly name = 'BrokerOptionsError';
}
Object.defineProperty(BrokerOptionsError.prototype, 'code', { value: 'BROKER_OPTIONS' });
