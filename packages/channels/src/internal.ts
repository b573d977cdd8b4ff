// For sibling packages only: no promise of stability.
export { type ChannelMethods, defineChannelMethods } from './channel-methods.js';
export { ChannelStreams } from './channel-streams.js';
export { type MemberChanges, MemberMap, type MemberUpdate } from './member-map.js';
export { PresenceChanges } from './presence-changes.js';
