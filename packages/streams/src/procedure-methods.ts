import type { ConsumerStats } from './consumer.js';
import type { Operations } from './define-methods.js';
import { familyMethods } from './stream-family.js';
import type { Streams } from './stream-operations.js';

/** The methods that manage the procedures of a socket. */
export interface ProcedureMethods<Procedures extends object = any> {
  /** Ends the loops of procedure `name` once they have read their backlogs. */
  closeProcedure(name: keyof Procedures & string): void;

  /** Ends the loops of all procedures once they have read their backlogs. */
  closeAllProcedures(): void;

  /** Ends the loops of procedure `name` at once, dropping their backlogs. */
  killProcedure(name: keyof Procedures & string): void;

  /** Ends the loops of all procedures at once, dropping their backlogs. */
  killAllProcedures(): void;

  /** Ends the procedure consumer with that id at once. An unknown id has no effect. */
  killProcedureConsumer(consumerId: number): void;

  /** Statistics of one procedure consumer; `undefined` when unknown. */
  getProcedureConsumerStats(consumerId: number): ConsumerStats | undefined;

  /** Statistics of the consumers of procedure `name`, in order of creation. */
  getProcedureConsumerStatsList(name: keyof Procedures & string): ConsumerStats[];

  /** Statistics of all procedure consumers, in order of creation. */
  getAllProceduresConsumerStatsList(): ConsumerStats[];

  /** Number of consumers of procedure `name`. */
  getProcedureConsumerCount(name: keyof Procedures & string): number;

  /** Number of all procedure consumers. */
  getAllProceduresConsumerCount(): number;

  /** Longest backlog among the consumers of procedure `name`, in packets. */
  getProcedureBackpressure(name: keyof Procedures & string): number;

  /** Longest backlog among all procedure consumers, in packets. */
  getAllProceduresBackpressure(): number;

  /** Backlog of one procedure consumer in packets; 0 when unknown. */
  getProcedureConsumerBackpressure(consumerId: number): number;

  /** Whether that consumer reads procedure `name`. */
  hasProcedureConsumer(name: keyof Procedures & string, consumerId: number): boolean;

  /** Whether that consumer reads any procedure. */
  hasAnyProcedureConsumer(consumerId: number): boolean;
}

/** The functions behind them, applied to the socket's procedures by name. */
export const procedureMethods = familyMethods('Procedure') satisfies Operations<
  ProcedureMethods,
  Streams
>;
