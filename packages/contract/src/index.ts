// Making a contract

export type { ClientApi, ClientApiOf, ServerApi, ServerApiOf } from './api.js';
// What follows from it
export { type AsyncApiOptions, asyncapi } from './asyncapi.js';
export { type Contract, contract } from './contract.js';
export type { ChannelDefinition, ContractDefinition, ProcedureDefinition } from './definition.js';
export type { Json } from './json-schema.js';
export type { Schema } from './schema.js';
