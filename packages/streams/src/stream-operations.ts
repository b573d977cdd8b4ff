import type { ConsumerStats } from './consumer.js';
import type { StreamNode } from './stream-node.js';
import { StreamRoot } from './stream-root.js';

// What can be done with streams by name: the functions behind the methods of all owners. Those of a tree
// with deeper levels apply to everything below the name.

/** Any tree or part of one. What the values are does not matter to any of these functions. */
export type Streams = StreamNode<any>;

/** Stands for streams that nobody has read yet. Nothing is ever added to it. */
export const noStreams: Streams = /* @__PURE__ */ new StreamRoot<any>();

/** The streams below `name`. */
export const streamsBelow = (streams: Streams, name: string): Streams =>
  streams.get(name) ?? noStreams;

export const close = (streams: Streams, name: string): void => streams.get(name)?.close();

export const closeAll = (streams: Streams): void => streams.close();

export const kill = (streams: Streams, name: string): void => streams.get(name)?.kill();

export const killAll = (streams: Streams): void => streams.kill();

export const killConsumer = (streams: Streams, id: number): void => streams.find(id)?.kill();

export const getBackpressure = (streams: Streams, name: string): number =>
  streamsBelow(streams, name).getBackpressure();

export const getBackpressureAll = (streams: Streams): number => streams.getBackpressure();

export const getConsumerBackpressure = (streams: Streams, id: number): number =>
  streams.find(id)?.getBackpressure() ?? 0;

export const getConsumerStats = (streams: Streams, id: number): ConsumerStats | undefined =>
  streams.find(id)?.getStats();

export const getConsumerStatsList = (streams: Streams, name: string): ConsumerStats[] =>
  streamsBelow(streams, name).getConsumerStatsList();

export const getConsumerStatsListAll = (streams: Streams): ConsumerStats[] =>
  streams.getConsumerStatsList();

export const getConsumerCount = (streams: Streams, name: string): number =>
  // Asked for every message of a socket: where nobody reads it is one look-up.
  streams.get(name)?.getConsumerCount() ?? 0;

export const getConsumerCountAll = (streams: Streams): number => streams.getConsumerCount();

export const hasConsumer = (streams: Streams, name: string, id: number): boolean =>
  hasConsumerAll(streamsBelow(streams, name), id);

export const hasConsumerAll = (streams: Streams, id: number): boolean =>
  streams.find(id) !== undefined;
