// For the packages of this repository only; may change in any release.
export { type Json, jsonSchemaOf } from './json-schema.js';
export { isSchema } from './schema.js';
