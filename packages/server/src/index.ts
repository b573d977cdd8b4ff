// Starting

// Middleware
export {
  type ActionOutcome,
  type ActionType,
  AGAction,
  type AllowPacket,
  type AuthenticateAction,
  type HandshakeAGAction,
  type HandshakeLineAction,
  type HandshakeWSAction,
  type InboundLineAction,
  type InvokeAction,
  type MessageAction,
  type PublishInAction,
  type PublishOutAction,
  type SubscribeAction,
  type TransmitAction,
} from './action.js';
// Authentication
export {
  type AuthEngine,
  type AuthKey,
  type JwtAlgorithm,
  JwtAuthEngine,
  type SignTokenOptions,
  type VerifyTokenOptions,
} from './auth-engine.js';
export { JwksAuthEngine } from './auth-jwks.js';
export type { SetAuthTokenOptions } from './authentication.js';
// Brokers
export { AGBrokerEngine, type BrokerEngineEvents } from './broker-engine.js';
export type { DrainOptions, DrainResult } from './drain.js';
// Engines
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
// Events
export type {
  AuthStateChange,
  CloseStatus,
  ConnectStatus,
  ExchangeEvents,
  LimitEvent,
  ServerEvents,
  SocketEvents,
} from './events.js';
// Pub/sub
export { AGExchange } from './exchange.js';
export type { HandlerContext, HandlerOptions } from './handlers.js';
// Health
export {
  type HealthHandlerOptions,
  type HealthStatus,
  healthHandler,
  type ServerHealth,
} from './health.js';
export type { LimitCounts, LimitName } from './limits.js';
export { attach, listen } from './listen.js';
export type { MiddlewareFunction, MiddlewareLine } from './middleware.js';
export type { AGServerOptions, ResolvedOptions } from './options.js';
export type { LimitOptions } from './options-limits.js';
export type { OriginCheck, OriginInfo, OriginsOption } from './origins.js';
export type { OutboundPacket } from './outbound.js';
export type { OverflowPolicy, OverflowPolicyOption } from './overflow-policy.js';
export type { AddressRateLimits, RateKind, RateLimits } from './rate-limits.js';
export { AGRequest } from './request.js';
export { AGServer, type MiddlewareActions } from './server.js';
// Sockets
export { AGServerSocket, type InvokeOptions } from './server-socket.js';
export type { AuthState, SocketState } from './session.js';
export type { RequestsOf } from './socket-base.js';
export type { ServerStats, SocketStats } from './stats.js';
export type { RateLimit } from './token-bucket.js';
