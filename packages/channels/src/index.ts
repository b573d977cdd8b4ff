export { AGChannel } from './channel.js';
export type { ChannelOwner } from './channel-owner.js';
export type {
  ChannelData,
  ChannelEvents,
  ChannelName,
  ChannelNameArgument,
  ChannelOptions,
  ChannelState,
  PresenceState,
  PublicationData,
  PublishArguments,
  SubscribeOptions,
  SubscriptionOptions,
} from './channel-types.js';
export type {
  ChannelHistory,
  HistoryOptions,
  PastPublication,
  Published,
  PublishOptions,
} from './history-types.js';
export type {
  ChannelPresence,
  PresenceChange,
  PresenceMember,
  PresenceView,
} from './presence-types.js';
