// For the broker packages; applications use the main entry.

export { ConnectionLostError } from '@asyngular/errors';
export type { ChainLink, Envelope, EnvelopeKind } from './envelope.js';
export { decodeEnvelope, encodeEnvelope, envelopeKinds } from './envelope.js';
export { FleetBroker } from './fleet-broker.js';
export { createNodeId } from './node-id.js';
export type { BrokerTransport, Lane, TransportEvents } from './transport.js';
