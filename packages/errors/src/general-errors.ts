import { AsyngularError } from './asyngular-error.js';

/** An action came at the wrong time: settled twice, answered twice, before the handshake, over a limit. */
export class InvalidActionError extends AsyngularError {
  override name = 'InvalidActionError' as const;
  readonly code = 'ERR_INVALID_ACTION';
}

/** A method got arguments it cannot use. */
export class InvalidArgumentsError extends AsyngularError {
  override name = 'InvalidArgumentsError' as const;
  readonly code = 'ERR_INVALID_ARGUMENTS';
}

/**
 * Options that cannot work: of the server, of brokers, of streams. The client throws `InvalidArgumentsError`
 * for its own, as published clients do; `checkOptions` is the one place that throws either.
 */
export class InvalidOptionsError extends AsyngularError {
  override name = 'InvalidOptionsError' as const;
  readonly code = 'ERR_INVALID_OPTIONS';
}

/** The application does not let a member enter a channel, or change its state there. */
export class PresenceRefusedError extends AsyngularError {
  override name = 'PresenceRefusedError' as const;
  readonly code = 'ERR_PRESENCE_REFUSED';
}

/** A message of the peer could not be decoded or lacks what its kind needs. */
export class InvalidMessageError extends AsyngularError {
  override name = 'InvalidMessageError' as const;
  readonly code = 'ERR_INVALID_MESSAGE';
}

/**
 * Something did not come in time: the answer to a call (`Event response for <event> event timed out`), or the
 * next packet of a stream that was read with a timeout.
 */
export class TimeoutError extends AsyngularError {
  override name = 'TimeoutError' as const;
  readonly code = 'ERR_TIMEOUT';
  /** Of a publication with an id: whether it may have been published nevertheless. Otherwise `undefined`. */
  declare maybeSent?: boolean;
}

/** The caller withdrew the operation, for instance by cancelling a batch that held the call. */
export class AbortError extends AsyngularError {
  override name = 'AbortError' as const;
  readonly code = 'ERR_ABORT';
}

/** A buffer of unsent messages is full; the newest message was refused, nothing queued was dropped. */
export class QueueFullError extends AsyngularError {
  override name = 'QueueFullError' as const;
  readonly code = 'ERR_QUEUE_FULL';
}

/** The peer does not know what the operation needs, and nothing was sent; `docs/protocol.md` has the extensions. */
export class NotSupportedError extends AsyngularError {
  override name = 'NotSupportedError' as const;
  readonly code = 'ERR_NOT_SUPPORTED';
}

/** A limit was exceeded. */
export class ResourceLimitError extends AsyngularError {
  override name = 'ResourceLimitError' as const;
  readonly code = 'ERR_RESOURCE_LIMIT';
}

/** Middleware blocked an action silently; `type` names the middleware line. */
export class SilentMiddlewareBlockedError extends AsyngularError {
  override name = 'SilentMiddlewareBlockedError' as const;
  readonly code = 'ERR_SILENT_MIDDLEWARE_BLOCKED';
  /** The middleware line, for instance `inbound`. */
  type: string | undefined;

  constructor(message?: string, type?: string, options?: ErrorOptions) {
    super(message, options);
    this.type = type;
  }
}

/** The HTTP server below the WebSocket server failed. Kept for applications; not raised here. */
export class HTTPServerError extends AsyngularError {
  override name = 'HTTPServerError' as const;
  readonly code = 'ERR_HTTP_SERVER';
}

/** A process ended. Kept for applications; not raised here. */
export class ProcessExitError extends AsyngularError {
  override name = 'ProcessExitError' as const;
  /** Exit code of the process. */
  readonly code: number;

  constructor(message?: string, code = 0, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Stands for an error that was given as `undefined` or `null`, so that failure never looks like success. */
export class UnknownError extends AsyngularError {
  override name = 'UnknownError' as const;
  readonly code = 'ERR_UNKNOWN';
}
