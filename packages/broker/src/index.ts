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
export type { MemoryBrokerOptions } from './memory-broker.js';
export { MemoryHub, memoryBroker } from './memory-broker.js';
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
