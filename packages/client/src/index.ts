// Creating a socket

export { create, factory } from './create.js';
export { type PlainError, type SafeResult, safe } from './safe.js';
export { AGClientSocket } from './socket.js';
export { version } from './version.js';

// Options

export type { AutoReconnectOptions } from './connection/reconnect.js';
export type { InvokeOptions, StreamOptions, TransmitOptions } from './messages/request-options.js';
export type { ClientOptions, ResolvedOptions } from './options/options.js';
export type { QueryObject } from './options/query.js';

// Events and states

export type { AuthStatus } from './auth/authentication.js';
export type {
  AuthState,
  AuthStateChangeEvent,
  ClientEvents,
  CloseEvent,
  ConnectEvent,
  SocketState,
  SubscribeStateChangeEvent,
} from './events.js';

// What an application can replace

export { type AuthEngine, TokenStorage } from './auth/token-storage.js';
export type {
  EndpointOptions,
  PageLocation,
  Platform,
  StringStorage,
  WebSocketLike,
} from './platform/platform.js';

// From the packages beneath, so that applications need only this one

export {
  AGChannel,
  type ChannelEvents,
  type ChannelHistory,
  type ChannelOptions,
  type ChannelPresence,
  type ChannelState,
  type HistoryOptions,
  type PastPublication,
  type PresenceChange,
  type PresenceMember,
  type PresenceView,
  type Published,
  type PublishOptions,
  type SubscribeOptions,
  type SubscriptionOptions,
} from '@asyngular/channels';
export {
  type AppContract,
  type Call,
  type Codec,
  createJsonCodec,
  type DeclaredFailure,
  type Logger,
  type LoggerOption,
} from '@asyngular/protocol';
export {
  type ConsumeOptions,
  type Consumer,
  type ConsumerOptions,
  type ConsumerStats,
  consume,
} from '@asyngular/streams';
