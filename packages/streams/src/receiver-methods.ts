import type { ConsumerStats } from './consumer.js';
import type { Operations } from './define-methods.js';
import { familyMethods } from './stream-family.js';
import type { Streams } from './stream-operations.js';

/** The methods that manage the receivers of a socket. */
export interface ReceiverMethods<Receivers extends object = any> {
  /** Ends the loops of receiver `name` once they have read their backlogs. */
  closeReceiver(name: keyof Receivers & string): void;

  /** Ends the loops of all receivers once they have read their backlogs. */
  closeAllReceivers(): void;

  /** Ends the loops of receiver `name` at once, dropping their backlogs. */
  killReceiver(name: keyof Receivers & string): void;

  /** Ends the loops of all receivers at once, dropping their backlogs. */
  killAllReceivers(): void;

  /** Ends the receiver consumer with that id at once. An unknown id has no effect. */
  killReceiverConsumer(consumerId: number): void;

  /** Statistics of one receiver consumer; `undefined` when unknown. */
  getReceiverConsumerStats(consumerId: number): ConsumerStats | undefined;

  /** Statistics of the consumers of receiver `name`, in order of creation. */
  getReceiverConsumerStatsList(name: keyof Receivers & string): ConsumerStats[];

  /** Statistics of all receiver consumers, in order of creation. */
  getAllReceiversConsumerStatsList(): ConsumerStats[];

  /** Number of consumers of receiver `name`. */
  getReceiverConsumerCount(name: keyof Receivers & string): number;

  /** Number of all receiver consumers. */
  getAllReceiversConsumerCount(): number;

  /** Longest backlog among the consumers of receiver `name`, in packets. */
  getReceiverBackpressure(name: keyof Receivers & string): number;

  /** Longest backlog among all receiver consumers, in packets. */
  getAllReceiversBackpressure(): number;

  /** Backlog of one receiver consumer in packets; 0 when unknown. */
  getReceiverConsumerBackpressure(consumerId: number): number;

  /** Whether that consumer reads receiver `name`. */
  hasReceiverConsumer(name: keyof Receivers & string, consumerId: number): boolean;

  /** Whether that consumer reads any receiver. */
  hasAnyReceiverConsumer(consumerId: number): boolean;
}

/** The functions behind them, applied to the socket's receivers by name. */
export const receiverMethods = familyMethods('Receiver') satisfies Operations<
  ReceiverMethods,
  Streams
>;
