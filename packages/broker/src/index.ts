// `BrokerOptionsError` is an older name of `InvalidOptionsError`, the one class for options.
export {
  BrokerStateError,
  BrokerUnavailableError,
  type BrokerUnavailableReason,
  InvalidOptionsError,
  InvalidOptionsError as BrokerOptionsError,
} from '@asyngular/errors';
export type {
  Broker,
  BrokerCloseOptions,
  BrokerMessage,
  BrokerPayload,
  BrokerSink,
  BrokerStats,
  PublishOrigin,
} from './broker.js';
export type {
  Appended,
  AppendOptions,
  ChannelLog,
  LiveEntry,
  LogEntry,
  LogPage,
  LogPolicy,
  LogPosition,
  LogStats,
  ReadOptions,
} from './log.js';
export type { LogStore, LogStoreSize } from './log-store.js';
export type { MemoryBrokerOptions } from './memory-broker.js';
export { memoryBroker } from './memory-broker.js';
export { MemoryHub, type MemoryHubOptions } from './memory-hub.js';
export type { FleetOptions } from './options.js';
export { formatPlace, formatPosition, isSamePosition, parsePosition } from './position-text.js';
export type {
  BrokerEvent,
  BrokerInterruptionEvent,
  BrokerStatus,
  BrokerStatusEvent,
  BrokerWarningEvent,
  InterruptionReason,
} from './status.js';
