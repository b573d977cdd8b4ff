export { localBroker } from './local-broker.js';
export { type LocalHub, type LocalHubStats, localHub } from './local-hub.js';
export type { LocalBrokerOptions, LocalHubOptions } from './options.js';
