import type { Schema } from './schema.js';

/** A procedure of a contract. What it leaves out is nothing: no data, no result. */
export interface ProcedureDefinition {
  /** What the caller sends. */
  readonly data?: Schema;
  /** The answer. Not beside `yields`. */
  readonly result?: Schema;
  /** Each item, of a procedure that is a stream. */
  readonly yields?: Schema;
  /** The errors that its handler may `fail()` with: their names → the schema of their data. */
  readonly errors?: Readonly<Record<string, Schema>>;
}

/** A channel of a contract, where one schema does not say everything. */
export interface ChannelDefinition {
  /** What clients publish. Left out: they do not publish there. */
  readonly publish?: Schema;
  /** What arrives at the subscribers, and what the server publishes. */
  readonly data: Schema;
  /** The state of a member, where the channel has presence. */
  readonly presence?: Schema;
}

/** What `contract()` takes. A section that is left out accepts any name with any payload. */
export interface ContractDefinition {
  /** Procedures that the server offers and clients call, by name. */
  readonly procedures?: Readonly<Record<string, ProcedureDefinition>>;
  /** Messages that clients transmit and the server receives, by name. */
  readonly receivers?: Readonly<Record<string, Schema>>;
  /** Procedures that clients offer and the server calls, by name. */
  readonly clientProcedures?: Readonly<Record<string, ProcedureDefinition>>;
  /** Messages that the server transmits and clients receive, by name. */
  readonly clientReceivers?: Readonly<Record<string, Schema>>;
  /**
   * Channels by name or pattern, such as `room:{id}`. A schema alone is what everybody publishes and gets. Of several
   * patterns that fit a name, the one with more text outside of braces counts.
   */
  readonly channels?: Readonly<Record<string, Schema | ChannelDefinition>>;
  /** The payload of the tokens that authenticate clients. For types only: tokens are made by servers. */
  readonly authToken?: Schema;
}
