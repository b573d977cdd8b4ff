import type { StandardJSONSchemaV1 } from '@standard-schema/spec';
import type { Schema } from './schema.js';

/** Plain JSON: what a document is made of. */
export type Json = Record<string, unknown>;

/** Which side of a schema travels: what it takes, or what it makes of that. */
export type Side = 'input' | 'output';

/**
 * A schema as JSON Schema, draft 7, which documents of AsyncAPI take as it is. `{}`, which fits everything, for a schema
 * that has no such form; `warn` gets the reason. `place` is where it will stand, as JSON pointer, so that what refers to
 * its own parts still does there.
 */
export function jsonSchemaOf(
  schema: Schema,
  side: Side,
  place: string,
  warn: (reason: string) => void,
): Json {
  const { jsonSchema, vendor } = schema['~standard'] as Partial<
    StandardJSONSchemaV1.Props<unknown>
  > & { vendor: string };
  if (jsonSchema === undefined) {
    const remedy =
      vendor === 'valibot' ? '; wrap it in toStandardJsonSchema() of @valibot/to-json-schema' : '';
    warn(`the schema of ${vendor} has no JSON Schema${remedy}`);
    return {};
  }
  try {
    const { $schema: _, ...json } = jsonSchema[side]({ target: 'draft-07' });
    return movedTo(place, json) as Json;
  } catch (error) {
    warn(`${vendor} has no JSON Schema for it: ${error instanceof Error ? error.message : error}`);
    return {};
  }
}

/** A copy with references into the schema itself (`#`, `#/definitions/…`) changed to references to its place. */
function movedTo(place: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => movedTo(place, item));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, member]) => {
    const isOwnReference = key === '$ref' && typeof member === 'string' && member.startsWith('#');
    return [key, isOwnReference ? `${place}${member.slice(1)}` : movedTo(place, member)];
  });
  return Object.fromEntries(entries);
}
