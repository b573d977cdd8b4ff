// Creating a socket

export { create, factory } from './create.js';
export { AGClientSocket } from './socket.js';
export { version } from './version.js';

// Options

export type { ClientOptions, ResolvedOptions } from './options.js';
export type { AutoReconnectOptions } from './reconnect.js';
export type { InvokeOptions, TransmitOptions } from './requests.js';
export type { QueryObject } from './uri.js';

// Events and states

export type { AuthStatus } from './authentication.js';
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

export type {
  PageLocation,
  Platform,
  StringStorage,
  WebSocketLike,
} from './platform/platform.js';
export { type AuthEngine, TokenStorage } from './token-storage.js';

// From the packages beneath, so that applications need only this one

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
