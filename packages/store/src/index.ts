// Stores

export type { Store } from './shared/store.js';
export { pageTiming, type Timing } from './shared/timing.js';
export { Stores, storesOf } from './stores.js';

// What they know

export type { Arrival } from './channel/channel-source.js';
export type { ChannelStatus } from './channel/channel-status.js';
export type { Message } from './messages/message-list.js';
export type { PublishResult } from './messages/outbox.js';
export type { Publishing } from './messages/publishing.js';
export type { AuthSnapshot, AuthStore } from './stores/auth-store.js';
export type { ChannelOptionsOfStores } from './stores/channel-options.js';
export type { ChannelSnapshot, ChannelStore, OnMessage } from './stores/channel-store.js';
export type {
  ConnectionSnapshot,
  ConnectionStatus,
  ConnectionStore,
} from './stores/connection-store.js';
export type { LatestOptions, LatestSnapshot, LatestStore } from './stores/latest-store.js';
export type { MessagesOptions, MessagesSnapshot, MessagesStore } from './stores/messages-store.js';
export type { PresenceSnapshot, PresenceStore } from './stores/presence-store.js';
export type {
  StreamSnapshot,
  StreamStatus,
  StreamStore,
  StreamStoreOptions,
} from './stores/stream-store.js';

// What a contract allows

export type {
  CallDataOf,
  ChannelNameOf,
  DataOf,
  PublishArgumentsOf,
  StateOf,
  StreamItemOf,
  StreamNameOf,
} from './types.js';

// For those who build hooks of their own

export { limitOf } from './shared/limit.js';
export { keyOf } from './shared/values.js';
