export { AsyngularError } from './asyngular-error.js';
export {
  type CloseCode,
  closeCodes,
  isApplicationCloseCode,
  isLegalCloseCode,
  legalCloseCode,
  type ReconnectMode,
  reconnectMode,
  socketProtocolErrorStatuses,
  socketProtocolIgnoreStatuses,
} from './close-codes.js';
export { decodeReason, encodeReason, MAX_REASON_BYTES, truncateReason } from './close-reason.js';
export { type Codec, createJsonCodec, type JsonCodecOptions } from './codec.js';
export type { AppContract } from './contract.js';
export { dehydrateError, hydrateError } from './error-wire.js';
export type { AnyAsyngularError, AsyngularErrorName } from './errors.js';
export {
  AuthError,
  AuthTokenError,
  AuthTokenExpiredError,
  AuthTokenInvalidError,
  AuthTokenNotBeforeError,
} from './errors-auth.js';
export {
  BadConnectionError,
  type BadConnectionType,
  ServerProtocolError,
  SocketProtocolError,
} from './errors-connection.js';
export {
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
