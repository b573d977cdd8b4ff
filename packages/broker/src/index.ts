export type { Broker, BrokerMessage, BrokerPayload, BrokerSink, BrokerStats } from './broker.js';
export type { BrokerUnavailableReason } from './errors.js';
export { BrokerOptionsError, BrokerStateError, BrokerUnavailableError } from './errors.js';
export type { MemoryBrokerOptions } from './memory-broker.js';
export { MemoryHub, memoryBroker } from './memory-broker.js';
export type { FleetOptions } from './options.js';
export type {
  BrokerEvent,
  BrokerInterruptionEvent,
  BrokerStatus,
  BrokerStatusEvent,
  BrokerWarningEvent,
  InterruptionReason,
} from './status.js';
