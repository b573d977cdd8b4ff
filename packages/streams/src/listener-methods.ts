import type { ConsumerStats } from './consumer.js';
import type { Operations } from './define-methods.js';
import type { EventName } from './event-types.js';
import { familyMethods } from './stream-family.js';
import type { Streams } from './stream-operations.js';

/** The methods that manage the listeners of an emitter. */
export interface ListenerMethods<Events extends object = any> {
  /** Ends the listeners of `event` once they have read their backlogs. */
  closeListener(event: EventName<Events>): void;

  /** Ends all listeners once they have read their backlogs. */
  closeAllListeners(): void;

  /** Ends the listeners of `event` at once, dropping their backlogs. */
  killListener(event: EventName<Events>): void;

  /** Ends all listeners at once, dropping their backlogs. */
  killAllListeners(): void;

  /** Ends the consumer with that id at once. An unknown id has no effect. */
  killListenerConsumer(consumerId: number): void;

  /** Statistics of one consumer; `undefined` when unknown. */
  getListenerConsumerStats(consumerId: number): ConsumerStats | undefined;

  /** Statistics of the consumers of `event`, in order of creation. */
  getListenerConsumerStatsList(event: EventName<Events>): ConsumerStats[];

  /** Statistics of all listener consumers, in order of creation. */
  getAllListenersConsumerStatsList(): ConsumerStats[];

  /** Number of consumers of `event`. */
  getListenerConsumerCount(event: EventName<Events>): number;

  /** Number of all listener consumers. */
  getAllListenersConsumerCount(): number;

  /** Longest backlog among the consumers of `event`, in packets. */
  getListenerBackpressure(event: EventName<Events>): number;

  /** Longest backlog among all listener consumers, in packets. */
  getAllListenersBackpressure(): number;

  /** Backlog of one consumer in packets; 0 when unknown. */
  getListenerConsumerBackpressure(consumerId: number): number;

  /** Whether that consumer reads `event`. */
  hasListenerConsumer(event: EventName<Events>, consumerId: number): boolean;

  /** Whether that consumer reads any event. */
  hasAnyListenerConsumer(consumerId: number): boolean;
}

/** The functions behind them, applied to the emitter's listeners by event. */
export const listenerMethods = familyMethods('Listener') satisfies Operations<
  ListenerMethods,
  Streams
>;
