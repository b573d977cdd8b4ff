// For the packages of this repository only; may change in any release.
export { assertName } from './assert-name.js';
export { decodeBase64, decodeBase64Text, encodeBase64, encodeBase64Text } from './base64.js';
export { bytesOf, replaceBinary } from './binary-placeholders.js';
export { setDeadline, timeoutWithin } from './call-signal.js';

export { cloneDeep } from './clone.js';
export { isCodeWithin } from './close-codes.js';
export { closeError } from './close-error.js';
export type {
  AuthTokenOf,
  BodyItem,
  Call,
  CallData,
  CallResult,
  ErrorsOf,
  FailArguments,
  FailureOf,
  IsAny,
  NameIn,
  OnceNameIn,
  OwnEventsOf,
  PayloadArgs,
  PayloadIn,
  SectionOf,
  SocketDataOf,
  StreamItem,
  StreamNameIn,
  TokenClaims,
} from './contract.js';
export type {
  AwaitCheck,
  ChannelChecks,
  ContractChecks,
  NameTable,
  Outgoing,
  PayloadCheck,
  ProcedureChecks,
} from './contract-checks.js';
export { findDeclared, refusedPublisher } from './contract-lookup.js';
export {
  type Deadline,
  DeadlineTimer,
  type DeadlineTimerOptions,
  deadlines,
} from './deadline-timer.js';
export {
  createDevelopmentLog,
  isLoggerOption,
  isTraced,
  type Report,
  unheardEmit,
} from './development-log.js';
export { responseError } from './error-wire.js';
export {
  CANCEL_EXTENSION,
  INTERRUPTION_EXTENSION,
  LIMITS_EXTENSION,
  MOVING_EXTENSION,
  PEOPLE_EXTENSION,
  PRESENCE_EXTENSION,
  RECOVERY_EXTENSION,
  STREAM_EXTENSION,
  TRACE_EXTENSION,
  TYPES_EXTENSION,
  UNHANDLED_EXTENSION,
} from './extensions.js';
export { needsReplacer } from './json-walk.js';
export { assertWithinLimits, type Limits, parseLimits, publishedLimits } from './limits.js';
export {
  type MovingStep,
  parseMovingStep,
  parseReconnect,
  type ReconnectNotice,
} from './moving-payloads.js';
export { hasOnlyMembers, isRecord, readOwn, setOwn, type UnknownRecord } from './own.js';
export { PacketBatcher, type PacketBatcherOptions } from './packet-batcher.js';
export { describePacket, oneLine } from './packet-trace.js';
export {
  type AuthenticateReply,
  type DisconnectNotice,
  type HandshakeReply,
  type HandshakeRequest,
  type Interruption,
  type KickOut,
  MAX_TIMEOUT_MS,
  type Publication,
  parseAuthenticateReply,
  parseDisconnectNotice,
  parseHandshakeReply,
  parseHandshakeRequest,
  parseInterruption,
  parseKickOut,
  parsePublication,
  parseSetAuthToken,
  parseSubscribeRequest,
  parseUnsubscribeRequest,
  type SubscribeRequest,
} from './payloads.js';
export {
  type CallEnd,
  type PendingCall,
  PendingCalls,
  type PendingCallsOptions,
} from './pending-calls.js';
export {
  exceptsPublisher,
  type Joined,
  parseJoined,
  parsePublisherName,
} from './people-payloads.js';
export {
  PRESENCE_SECRET_LENGTH,
  type PresenceAnswer,
  type PresenceCommand,
  type PresenceNotice,
  type PresenceOffer,
  type PresenceRequest,
  parsePresenceAnswer,
  parsePresenceCommand,
  parsePresenceNotice,
  parsePresenceOffer,
  parsePresenceRequest,
  type WireMember,
  type WireMemberUpdate,
} from './presence-payloads.js';
export {
  DEFAULT_HISTORY_LIMIT,
  type HistoryReply,
  type HistoryRequest,
  isPositionText,
  isPublicationId,
  MAX_POSITION_LENGTH,
  type PositionNotice,
  type PublishReply,
  parseHistoryReply,
  parseHistoryRequest,
  parsePositionNotice,
  parsePublicationId,
  parsePublishReply,
  parseRecoveryRequest,
  parseSubscribeReply,
  type RecoveryRequest,
  type SubscribeReply,
} from './recovery-payloads.js';
export { AGRequest, type Respond } from './request.js';

export { type CallPacket, ServedCall, type ServedCallPort } from './served-call.js';
export { ServedCallTable } from './served-call-table.js';
export { type ConsumerPort, StreamConsumer } from './stream-consumer.js';
export {
  type BodyPart,
  type CallReference,
  type CallTerms,
  type Credit,
  parseBodyPart,
  parseCallReference,
  parseCredit,
  type StreamPart,
} from './stream-payloads.js';
export {
  isAsyncIterable,
  type ProducerEvents,
  type ProducerPort,
  StreamProducer,
  type StreamWindow,
} from './stream-producer.js';
export { createBoundedReader } from './tag-bounds.js';
export { readTags, type TagKinds } from './tag-reader.js';
export { writeTag } from './tag-writer.js';

export { decodeTokenPayload } from './token-payload.js';
export { parseTraceContext, type TraceContext } from './trace-payloads.js';
export { createTypedJsonCodec, type TypedJsonOptions, typedJsonCodec } from './typed-json.js';
export { percentEncode } from './utf8.js';
