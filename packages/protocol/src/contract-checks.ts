/**
 * Looks at one payload and returns what goes on in its place, or a promise of that when the schema is asynchronous.
 * Throws, or rejects with, a `ValidationError`; anything else that it throws is a fault of the schema.
 */
export type PayloadCheck = (data: unknown) => unknown;

/**
 * What a check returns while an asynchronous schema has not answered: by itself `checked`, or a promise that gives up
 * waiting for it. `what` is checked begins the message of an error: `The data of login`.
 */
export type AwaitCheck = (checked: Promise<unknown>, what: string) => Promise<unknown>;

/** What a contract has by name. A list of names, or names and patterns. */
export interface NameTable<Entry> {
  /** `undefined`: the contract does not have the name. */
  get(name: string): Entry | undefined;
  /** All of them, as they were declared, so that a misspelt one can be answered with the nearest. */
  readonly names: readonly string[];
}

/** The checks of one procedure. */
export interface ProcedureChecks {
  /** What the caller sends. */
  readonly data: PayloadCheck;
  /** The answer; of a stream what it returns at its end. */
  readonly result: PayloadCheck;
  /** Each item of a stream; `undefined`: the procedure does not answer with one. */
  readonly item: PayloadCheck | undefined;
  /** The data of the errors that it declares, by their name. */
  readonly errors: ReadonlyMap<string, PayloadCheck>;
}

/** The checks of one channel or pattern of channels. */
export interface ChannelChecks {
  /** What clients publish; `undefined`: they do not. */
  readonly publish: PayloadCheck | undefined;
  /** What the server publishes. */
  readonly data: PayloadCheck;
  /**
   * What a client has published, and middleware may have replaced, before it goes on to the subscribers; `undefined`
   * where `publish` has checked it already, so that no schema runs twice.
   */
  readonly relay: PayloadCheck | undefined;
  /** The state of a member; `undefined`: any. */
  readonly presence: PayloadCheck | undefined;
}

/** Everything that a contract checks. A section that it leaves out accepts every name with every payload. */
export interface ContractChecks {
  readonly procedures: NameTable<ProcedureChecks> | undefined;
  readonly receivers: NameTable<PayloadCheck> | undefined;
  readonly clientProcedures: NameTable<ProcedureChecks> | undefined;
  readonly clientReceivers: NameTable<PayloadCheck> | undefined;
  readonly channels: NameTable<ChannelChecks> | undefined;
}

/** What a client sends. */
export type Outgoing = 'procedure' | 'receiver' | 'channel';

/**
 * A contract that exists at run time: what `contract()` of `@asyngular/contract` returns, as far as clients and
 * servers use it. The types are those of the two ends; functions, so that an end may declare more than the contract.
 */
export interface RuntimeContract<ClientApi = any, ServerApi = any> {
  /** @internal */
  readonly '~contract': {
    readonly checks: (awaitCheck: AwaitCheck) => ContractChecks;
    /** Checks what a client is about to send, without changing it. Throws what the server would answer. */
    readonly outgoing: (kind: Outgoing, name: string, data: unknown) => void;
    readonly client?: (api: ClientApi) => void;
    readonly server?: (api: ServerApi) => void;
  };
}
