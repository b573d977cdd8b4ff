// For authors of brokers: what a broker on an engine of publish/subscribe connections is built from.

export { ConnectionLostError } from '@asyngular/errors';
export type { BrokerTransport, Lane, TransportEvents } from './broker-transport.js';
export { decodePublication, encodePublication, identifyEnvelope } from './envelope.js';
export { FleetBroker } from './fleet-broker.js';
export { LogRing } from './log-ring.js';
export type {
  LogTransport,
  StoredEntry,
  StoredPage,
  TransportAppend,
} from './log-transport.js';
export { MemoryLog } from './memory-log.js';
export { fleetDefaults, fleetOptionChecks, type ResolvedFleetOptions } from './options.js';
export { payloadBytes } from './payload-bytes.js';
export { type Linked, RecencyList } from './recency-list.js';
export { RecentIds } from './recent-ids.js';
export { type LogNode, SharedLog } from './shared-log.js';
export { within } from './within.js';
