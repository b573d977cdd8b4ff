// Base class and unions
export type { AnyAsyngularError, AsyngularErrorCode, AsyngularErrorName } from './any-error.js';
export { AsyngularError } from './asyngular-error.js';

// Tokens
export {
  AuthError,
  AuthTokenError,
  AuthTokenExpiredError,
  AuthTokenInvalidError,
  AuthTokenNotBeforeError,
} from './auth-errors.js';

// Brokers
export {
  BrokerError,
  BrokerStateError,
  BrokerUnavailableError,
  type BrokerUnavailableReason,
  ConnectionLostError,
  UnrecoverablePositionError,
} from './broker-errors.js';

// Connections
export { socketProtocolErrorStatuses, socketProtocolIgnoreStatuses } from './close-statuses.js';
export {
  BadConnectionError,
  type BadConnectionType,
  ConnectionError,
  ServerProtocolError,
  SocketProtocolError,
} from './connection-errors.js';

// Calls, messages, arguments
export {
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

// Handlers
export { InternalServerError, NoHandlerError, PublicError } from './handler-errors.js';
// Streams
export { BacklogLimitError } from './stream-errors.js';
// Contracts
export { ValidationError, type ValidationIssue } from './validation-error.js';
