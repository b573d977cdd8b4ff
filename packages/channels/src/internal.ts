// For sibling packages only: no promise of stability.
export { ChannelMethods } from './channel-methods.js';
export { ChannelStreams } from './channel-streams.js';
