import type { RuntimeContract } from '@asyngular/protocol';
import type { ChannelDefinition, ContractDefinition } from './definition.js';
import type { InputOf, OutputOf, Schema } from './schema.js';

// Each section is one mapped type over a plain object, so that contracts of many hundred procedures cost an editor
// nothing to speak of; test/types.test.ts holds the compiler to a budget.

/** The section `Name` of a definition; `undefined` where it is left out. */
type Section<Definition, Name extends keyof ContractDefinition> = Definition extends {
  readonly [Key in Name]: infer Declared;
}
  ? Declared
  : undefined;

/** The schema `Name` of a procedure or a channel; `undefined` where it is left out. */
type Part<Entry, Name extends PropertyKey> = Entry extends { readonly [Key in Name]: infer S }
  ? S
  : undefined;

/** A procedure as a function: of its data, if it has any, to its result or its items. */
type Procedure<Entry, Data, Result, Item> = Entry extends { readonly yields: Schema }
  ? Entry extends { readonly data: Schema }
    ? (data: Data) => AsyncIterable<Item>
    : () => AsyncIterable<Item>
  : Entry extends { readonly data: Schema }
    ? (data: Data) => Result
    : () => Result;

/** Procedures as their caller sees them. */
type Called<Procedures> = {
  [Name in keyof Procedures]: Procedure<
    Procedures[Name],
    InputOf<Part<Procedures[Name], 'data'>>,
    ResultOf<OutputOf<Part<Procedures[Name], 'result'>>>,
    OutputOf<Part<Procedures[Name], 'yields'>>
  >;
};

/** Procedures as their handler sees them. */
type Handled<Procedures> = {
  [Name in keyof Procedures]: Procedure<
    Procedures[Name],
    OutputOf<Part<Procedures[Name], 'data'>>,
    ResultOf<InputOf<Part<Procedures[Name], 'result'>>>,
    InputOf<Part<Procedures[Name], 'yields'>>
  >;
};

// biome-ignore lint/suspicious/noConfusingVoidType: a handler without a result may be an async function that returns nothing.
type ResultOf<Result> = [Result] extends [undefined] ? void : Result;

type Inputs<Schemas> = { [Name in keyof Schemas]: InputOf<Schemas[Name]> };
type Outputs<Schemas> = { [Name in keyof Schemas]: OutputOf<Schemas[Name]> };

type ErrorInputs<Procedures> = {
  [Name in keyof Procedures]: Inputs<Part<Procedures[Name], 'errors'>>;
};
type ErrorOutputs<Procedures> = {
  [Name in keyof Procedures]: Outputs<Part<Procedures[Name], 'errors'>>;
};

/** `room:{id}` as the compiler knows it: `room:${string}`. */
type Names<Pattern> = Pattern extends `${infer Head}{${string}}${infer Tail}`
  ? `${Head}${string}${Names<Tail>}`
  : Pattern;

type DataOf<Channel> = Channel extends ChannelDefinition ? Channel['data'] : Channel;
type PublishOf<Channel> = Channel extends ChannelDefinition ? Part<Channel, 'publish'> : Channel;

type Arriving<Channels> = {
  [Name in keyof Channels as Names<Name>]: OutputOf<DataOf<Channels[Name]>>;
};
type PublishedByServer<Channels> = {
  [Name in keyof Channels as Names<Name>]: InputOf<DataOf<Channels[Name]>>;
};
type PublishedByClients<Channels> = {
  [Name in keyof Channels as Names<Name>]: PublishOf<Channels[Name]> extends Schema
    ? InputOf<PublishOf<Channels[Name]>>
    : never;
};
/** The same as the server has it, after the check. */
type PublishedByClientsChecked<Channels> = {
  [Name in keyof Channels as Names<Name>]: PublishOf<Channels[Name]> extends Schema
    ? OutputOf<PublishOf<Channels[Name]>>
    : never;
};

/** Members that have no presence schema are left out, so that their states are of any type. */
type StateInputs<Channels> = {
  [Name in keyof Channels as Part<Channels[Name], 'presence'> extends Schema
    ? Names<Name>
    : never]: InputOf<Part<Channels[Name], 'presence'>>;
};
type StateOutputs<Channels> = {
  [Name in keyof Channels as Part<Channels[Name], 'presence'> extends Schema
    ? Names<Name>
    : never]: OutputOf<Part<Channels[Name], 'presence'>>;
};

/** `Declared`; where the contract leaves the section out `any`, which accepts every name with every payload. */
type Unless<Section, Declared> = [Section] extends [undefined] ? any : Declared;

/** A definition as clients see it. Public, because declarations of applications name it: see {@link ClientApi}. */
export interface ClientApiOf<D> {
  procedures: Unless<Section<D, 'procedures'>, Called<Section<D, 'procedures'>>>;
  receivers: Unless<Section<D, 'receivers'>, Inputs<Section<D, 'receivers'>>>;
  clientProcedures: Unless<Section<D, 'clientProcedures'>, Handled<Section<D, 'clientProcedures'>>>;
  clientReceivers: Unless<Section<D, 'clientReceivers'>, Outputs<Section<D, 'clientReceivers'>>>;
  channels: Unless<Section<D, 'channels'>, Arriving<Section<D, 'channels'>>>;
  publications: Unless<Section<D, 'channels'>, PublishedByClients<Section<D, 'channels'>>>;
  presence: Unless<Section<D, 'channels'>, StateOutputs<Section<D, 'channels'>>>;
  errors: Unless<Section<D, 'procedures'>, ErrorOutputs<Section<D, 'procedures'>>>;
  authToken: Unless<Section<D, 'authToken'>, OutputOf<Section<D, 'authToken'>>>;
}

/** A definition as the server sees it. Public, because declarations of applications name it: see {@link ServerApi}. */
export interface ServerApiOf<D> {
  procedures: Unless<Section<D, 'procedures'>, Handled<Section<D, 'procedures'>>>;
  receivers: Unless<Section<D, 'receivers'>, Outputs<Section<D, 'receivers'>>>;
  clientProcedures: Unless<Section<D, 'clientProcedures'>, Called<Section<D, 'clientProcedures'>>>;
  clientReceivers: Unless<Section<D, 'clientReceivers'>, Inputs<Section<D, 'clientReceivers'>>>;
  channels: Unless<Section<D, 'channels'>, Arriving<Section<D, 'channels'>>>;
  publications: Unless<Section<D, 'channels'>, PublishedByClientsChecked<Section<D, 'channels'>>>;
  serverPublications: Unless<Section<D, 'channels'>, PublishedByServer<Section<D, 'channels'>>>;
  presence: Unless<Section<D, 'channels'>, StateInputs<Section<D, 'channels'>>>;
  errors: Unless<Section<D, 'procedures'>, ErrorInputs<Section<D, 'procedures'>>>;
  authToken: Unless<Section<D, 'authToken'>, OutputOf<Section<D, 'authToken'>>>;
}

/** What `create()` of the client is given of a contract: `create<ClientApi<typeof chat>>()`. */
export type ClientApi<C> = C extends RuntimeContract<infer Api, any> ? Api : never;

/** What `listen()` is given of a contract, where the option `contract` does not say so: `listen<ServerApi<typeof chat>>()`. */
export type ServerApi<C> = C extends RuntimeContract<any, infer Api> ? Api : never;
