import type {
  AuthError,
  AuthTokenError,
  AuthTokenExpiredError,
  AuthTokenInvalidError,
  AuthTokenNotBeforeError,
} from './errors-auth.js';
import type {
  BadConnectionError,
  ServerProtocolError,
  SocketProtocolError,
} from './errors-connection.js';
import type {
  AbortError,
  BrokerError,
  HTTPServerError,
  InvalidActionError,
  InvalidArgumentsError,
  InvalidMessageError,
  InvalidOptionsError,
  ProcessExitError,
  QueueFullError,
  ResourceLimitError,
  SilentMiddlewareBlockedError,
  TimeoutError,
  UnknownError,
} from './errors-general.js';

/** Every error class of this library, for an exhaustive `switch` on `name`. */
export type AnyAsyngularError =
  | AbortError
  | AuthError
  | AuthTokenError
  | AuthTokenExpiredError
  | AuthTokenInvalidError
  | AuthTokenNotBeforeError
  | BadConnectionError
  | BrokerError
  | HTTPServerError
  | InvalidActionError
  | InvalidArgumentsError
  | InvalidMessageError
  | InvalidOptionsError
  | ProcessExitError
  | QueueFullError
  | ResourceLimitError
  | ServerProtocolError
  | SilentMiddlewareBlockedError
  | SocketProtocolError
  | TimeoutError
  | UnknownError;

/** `name` of an error of this library; what remote errors are told apart by. */
export type AsyngularErrorName = AnyAsyngularError['name'];
