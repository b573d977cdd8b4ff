// Streams

export { ConsumableStream } from './consumable-stream.js';
export { DemuxedConsumableStream } from './demuxed-consumable-stream.js';
export { StreamDemux, type StreamDemuxOptions } from './stream-demux.js';
export {
  WritableConsumableStream,
  type WritableConsumableStreamOptions,
} from './writable-consumable-stream.js';

// Events as streams

export { AsyncStreamEmitter, type AsyncStreamEmitterOptions } from './async-stream-emitter.js';
export type { EmitArguments, EventData, EventName } from './event-types.js';

// Reading

export { type ConsumeOptions, consume } from './consume.js';
export { Consumer, type ConsumerStats } from './consumer.js';
export {
  type AbortSignalLike,
  type ConsumerOptions,
  type OverflowPolicy,
  setDefaultHighWaterMark,
  type TimeoutOrOptions,
} from './options.js';

// Measuring

export type { BacklogMeter, MeteredConsumer } from './backlog-meter.js';
export type { StreamFamily, StreamOptions, UnreadConsumer } from './stream-options.js';

// Errors, as @asyngular/errors defines them; `StreamTimeoutError` is an older name of the same type

export {
  BacklogLimitError,
  TimeoutError,
  type TimeoutError as StreamTimeoutError,
} from '@asyngular/errors';
