// Creating

// From the packages beneath, so that applications need this one only
export {
  AGChannel,
  type ChannelEvents,
  type ChannelOptions,
  type ChannelState,
  type SubscribeOptions,
  type SubscriptionOptions,
} from '@asyngular/channels';
export { type AppContract, type Codec, createJsonCodec } from '@asyngular/protocol';
export {
  type Consumer,
  type ConsumerOptions,
  type ConsumerStats,
  consume,
} from '@asyngular/streams';
export type { AuthStatus } from './authentication.js';
export { create, factory } from './create.js';
// Events and states
export type {
  AuthState,
  AuthStateChangeEvent,
  ClientEvents,
  CloseEvent,
  ConnectEvent,
  SocketState,
  SubscribeStateChangeEvent,
} from './events.js';
// Options
export type { ClientOptions, ResolvedOptions } from './options.js';
export type {
  PageLocation,
  Platform,
  StringStorage,
  WebSocketLike,
} from './platform/platform.js';
export type { AutoReconnectOptions } from './reconnect.js';
export type { InvokeOptions, TransmitOptions } from './requests.js';
export { AGClientSocket } from './socket.js';
// Surroundings
export { type AuthEngine, TokenStorage } from './token-storage.js';
export type { QueryObject } from './uri.js';
export { version } from './version.js';
