// Errors, as @asyngular/errors defines them
export {
  AbortError,
  type AnyAsyngularError,
  AsyngularError,
  type AsyngularErrorCode,
  type AsyngularErrorName,
  AuthError,
  AuthTokenError,
  AuthTokenExpiredError,
  AuthTokenInvalidError,
  AuthTokenNotBeforeError,
  BadConnectionError,
  type BadConnectionType,
  BrokerError,
  ConnectionError,
  HTTPServerError,
  InternalServerError,
  InvalidActionError,
  InvalidArgumentsError,
  InvalidMessageError,
  InvalidOptionsError,
  NoHandlerError,
  NotSupportedError,
  PresenceRefusedError,
  ProcessExitError,
  PublicError,
  QueueFullError,
  ResourceLimitError,
  ServerProtocolError,
  SilentMiddlewareBlockedError,
  SocketProtocolError,
  socketProtocolErrorStatuses,
  socketProtocolIgnoreStatuses,
  TimeoutError,
  UnknownError,
  UnrecoverablePositionError,
  ValidationError,
  type ValidationIssue,
} from '@asyngular/errors';

// What travels
export {
  type CloseCode,
  closeCodes,
  isApplicationCloseCode,
  isLegalCloseCode,
  legalCloseCode,
  type ReconnectMode,
  reconnectMode,
} from './close-codes.js';
export { decodeReason, encodeReason, MAX_REASON_BYTES, truncateReason } from './close-reason.js';
export { type Codec, createJsonCodec, type JsonCodecOptions } from './codec.js';
export type { AppContract, Call, DeclaredFailure } from './contract.js';
export type { RuntimeContract } from './contract-checks.js';
// What applications can replace
export type { Logger, LoggerOption } from './development-log.js';
export { dehydrateError, hydrateError } from './error-wire.js';
export {
  heartbeats,
  type ProtocolEvent,
  type ProtocolVersion,
  protocolEvents,
} from './events.js';
export {
  agreedExtensions,
  decodeExtensions,
  type ExtensionAnswer,
  type Extensions,
  encodeExtensions,
  negotiateExtensions,
} from './extensions.js';
export { jsonCodec } from './json-codec.js';
export {
  hasError,
  type InvokePacket,
  type Packet,
  parsePacket,
  type ResponsePacket,
  type TransmitPacket,
  type WireInvoke,
  type WireMessage,
  type WirePacket,
  type WireResponse,
  type WireTransmit,
} from './packets.js';
