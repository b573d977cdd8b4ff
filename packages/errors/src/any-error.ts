import type {
  AuthError,
  AuthTokenError,
  AuthTokenExpiredError,
  AuthTokenInvalidError,
  AuthTokenNotBeforeError,
} from './auth-errors.js';
import type {
  BrokerError,
  BrokerStateError,
  BrokerUnavailableError,
  ConnectionLostError,
  UnrecoverablePositionError,
} from './broker-errors.js';
import type {
  BadConnectionError,
  ConnectionError,
  ServerProtocolError,
  SocketProtocolError,
} from './connection-errors.js';
import type {
  AbortError,
  HTTPServerError,
  InvalidActionError,
  InvalidArgumentsError,
  InvalidMessageError,
  InvalidOptionsError,
  NotSupportedError,
  PresenceRefusedError,
  ProcessExitError,
  QueueFullError,
  ResourceLimitError,
  SilentMiddlewareBlockedError,
  TimeoutError,
  UnknownError,
} from './general-errors.js';
import type { InternalServerError, NoHandlerError } from './handler-errors.js';
import type { BacklogLimitError } from './stream-errors.js';
import type { ValidationError } from './validation-error.js';

/** Every error class of this library with a name of its own, for an exhaustive `switch` on `name`. */
export type AnyAsyngularError =
  | AbortError
  | AuthError
  | AuthTokenError
  | AuthTokenExpiredError
  | AuthTokenInvalidError
  | AuthTokenNotBeforeError
  | BacklogLimitError
  | BadConnectionError
  | BrokerError
  | BrokerStateError
  | BrokerUnavailableError
  | ConnectionError
  | ConnectionLostError
  | HTTPServerError
  | InternalServerError
  | InvalidActionError
  | InvalidArgumentsError
  | InvalidMessageError
  | InvalidOptionsError
  | NoHandlerError
  | NotSupportedError
  | PresenceRefusedError
  | ProcessExitError
  | QueueFullError
  | ResourceLimitError
  | ServerProtocolError
  | SilentMiddlewareBlockedError
  | SocketProtocolError
  | TimeoutError
  | UnknownError
  | UnrecoverablePositionError
  | ValidationError;

/** `name` of an error of this library; what remote errors are told apart by. */
export type AsyngularErrorName = AnyAsyngularError['name'];

/** `code` of an error of this library, such as `ERR_TIMEOUT`. Source: the table in docs/protocol.md P10. */
export type AsyngularErrorCode = Extract<AnyAsyngularError['code'], string>;
