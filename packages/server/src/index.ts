// Starting a server

export { type Logger, type LoggerOption, PublicError } from '@asyngular/protocol';
export type {
  ChannelPatternOptions,
  ChannelsOption,
  HistoryKeepOptions,
} from './options/channel-options.js';
export type { AGServerOptions, ResolvedOptions } from './options/options.js';
export type { LimitOptions } from './options/options-limits.js';
export type { PresencePatternOptions } from './options/presence-options.js';
export type { ReloadableOption, ReloadOptions } from './options/reload-options.js';
export { attach, listen } from './server/listen.js';
export { AGServer, type MiddlewareActions } from './server/server.js';
export type { OriginCheck, OriginInfo, OriginsOption } from './upgrade/origins.js';

// Sockets, requests and handlers

export type { OutboundPacket } from './outbound/outbound-packet.js';
export type { HandlerContext, ProcedureContext } from './server/call-context.js';
export type { HandlerOptions } from './server/handlers.js';
export type { InvokeOptions, StreamOptions } from './socket/call-options.js';
export type { JoinChannelOptions } from './socket/join-channel.js';
export { AGRequest, type RequestsOf } from './socket/request.js';
export { AGServerSocket } from './socket/server-socket.js';

// Events and errors

export type {
  AuthState,
  AuthStateChange,
  CloseStatus,
  ConnectStatus,
  LimitEvent,
  SocketEvents,
  SocketState,
} from './events/socket-events.js';
export type { WarningDetails } from './events/warning-details.js';
export type { ServerEvents } from './server/server-events.js';

// Pub/sub

export type {
  PresenceChange,
  PresenceMember,
} from '@asyngular/channels';
export { AGBrokerEngine, type BrokerEngineEvents } from './channels/broker-engine.js';
export type { ChannelMembers, EnteredMember } from './channels/channel-members.js';
export { AGExchange, type ExchangeEvents } from './channels/exchange.js';

// Middleware

export type { ActionOutcome, ActionType, AllowPacket } from './middleware/action.js';
export type { MiddlewareCallback } from './middleware/callback-line.js';
export type { InboundActionKind, InboundMiddlewareOptions } from './middleware/inbound-actions.js';
export type { MiddlewareFunction, MiddlewareLine } from './middleware/middleware.js';
export {
  AGAction,
  type AuthenticateAction,
  type HandshakeAGAction,
  type HandshakeLineAction,
  type HandshakeWSAction,
  type HistoryAction,
  type InboundActionOf,
  type InboundLineAction,
  type InvokeAction,
  type MessageAction,
  type OutboundLineAction,
  type PresenceAction,
  type PublishInAction,
  type PublishOutAction,
  type SubscribeAction,
  type TransmitAction,
} from './server/actions.js';

// People and the fleet

export type { FleetFacts, FleetServer } from './fleet/types.js';
export type { AGFleet } from './people/fleet.js';
export type { FleetAnswer, FleetSocket, FleetSockets, Reached } from './people/fleet-answers.js';
export type {
  AskOptions,
  DisconnectFilter,
  FleetFilter,
  InvokeUserOptions,
  ListSocketsOptions,
} from './people/people-options.js';
export type { AGUser } from './people/user.js';

// Authentication

export type {
  AuthEngine,
  AuthEngineOption,
  AuthKey,
  JwtAlgorithm,
  SignTokenOptions,
  VerificationKey,
  VerifyTokenOptions,
} from './auth/auth-engine.js';
export { JwksAuthEngine } from './auth/auth-jwks.js';
export type { SetAuthTokenOptions } from './auth/authentication.js';
export { JwtAuthEngine } from './auth/jwt-engine.js';

// Limits

export type { LimitCounts, LimitName } from './limits/limits.js';
export type { AddressRateLimits, RateKind, RateLimits } from './limits/rate-limits.js';
export type { RateLimit } from './limits/token-bucket.js';
export type { OverflowPolicy, OverflowPolicyOption } from './outbound/overflow-policy.js';

// Reading streams, the same as the client's, so that applications need only this package

export {
  type ConsumeOptions,
  type Consumer,
  type ConsumerOptions,
  type ConsumerStats,
  consume,
} from '@asyngular/streams';

// Measuring, health and leaving

export {
  type HealthHandlerOptions,
  type HealthStatus,
  healthHandler,
  type ServerHealth,
} from './health/health.js';
export type { HistoryStats } from './health/history-stats.js';
export type { PresenceStats } from './health/presence-stats.js';
export type { ServerStats } from './health/stats.js';
export type {
  CounterFamily,
  GaugeFamily,
  HistogramFamily,
  HistogramPoint,
  InfoFamily,
  MetricFamily,
  MetricLabels,
  MetricPoint,
} from './metrics/family.js';
export { metricsHandler } from './metrics/metrics-handler.js';
export type { MetricsHandlerOptions, MetricsOptions } from './metrics/metrics-options.js';
export { writeOpenMetrics } from './metrics/openmetrics.js';
export { sumMetricFamilies } from './metrics/sum.js';
export type { DrainResult } from './server/drain.js';
export type { DrainOptions } from './server/drain-options.js';
export type { SocketStats } from './socket/socket-stats.js';

// Tracing, through `node:diagnostics_channel`

export type { TraceContext } from '@asyngular/protocol/internal';
export type {} from './server/trace-sockets.js';
export type {
  CallTrace,
  HandshakeTrace,
  OutgoingCallTrace,
  PublishTrace,
  RecoveryTrace,
  TraceMessages,
} from './tracing/messages.js';

// WebSocket engines

export type {
  Connection,
  ConnectionHandler,
  Engine,
  EngineFactory,
  EngineHost,
  EngineOptions,
  FrameEngine,
  HttpAnswer,
  ListeningEngine,
  ListeningEngineFactory,
  PreparedFrame,
  Recipient,
  Upgrade,
} from './engine/engine.js';
