import type { StandardSchemaV1 } from '@standard-schema/spec';

/** Any Standard Schema: of zod, valibot, arktype and others. Source: https://standardschema.dev */
export type Schema = StandardSchemaV1<any, any>;

/** What a schema takes; `undefined` where there is none. */
export type InputOf<S> =
  S extends StandardSchemaV1<any, any> ? StandardSchemaV1.InferInput<S> : undefined;

/** What a schema makes of it; `undefined` where there is none. */
export type OutputOf<S> =
  S extends StandardSchemaV1<any, any> ? StandardSchemaV1.InferOutput<S> : undefined;

/** Whether a value is a Standard Schema. Those of arktype are functions. */
export function isSchema(value: unknown): value is Schema {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  const { '~standard': standard } = value as { '~standard'?: { validate?: unknown } };
  return typeof standard?.validate === 'function';
}
