// Making a contract

// What follows from it
export type { ClientApi, ServerApi } from './api.js';
export { type Contract, contract } from './contract.js';
export type { ChannelDefinition, ContractDefinition, ProcedureDefinition } from './definition.js';
export type { Schema } from './schema.js';
