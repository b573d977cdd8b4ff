export type { NatsLogOptions } from './log/stream-config.js';
export { natsBroker } from './nats-broker.js';
export type { NatsBrokerOptions } from './options.js';
export { channelToSubject } from './subject.js';
