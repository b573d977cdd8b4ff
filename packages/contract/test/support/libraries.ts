import { toStandardJsonSchema } from '@valibot/to-json-schema';
import { type } from 'arktype';
import * as v from 'valibot';
import { z } from 'zod';
import type { Schema } from '../../src/index.js';

/** The same schemas in three libraries, so that what is true of one is tested with all of them. */
export interface Library {
  readonly name: string;
  /** `{ name: string of one character or more, age?: number }`, without other members. */
  readonly person: Schema;
  /** A list of numbers. */
  readonly numbers: Schema;
  readonly text: Schema;
  /** A text that becomes its length. */
  readonly length: Schema;
  /** A record of numbers by any name. */
  readonly scores: Schema;
}

const zod: Library = {
  name: 'zod',
  person: z.strictObject({ name: z.string().min(1), age: z.number().optional() }),
  numbers: z.array(z.number()),
  text: z.string(),
  length: z.string().transform((text) => text.length),
  scores: z.record(z.string(), z.number()),
};

const valibot: Library = {
  name: 'valibot',
  person: toStandardJsonSchema(
    v.strictObject({ name: v.pipe(v.string(), v.minLength(1)), age: v.optional(v.number()) }),
  ),
  numbers: toStandardJsonSchema(v.array(v.number())),
  text: toStandardJsonSchema(v.string()),
  length: v.pipe(
    v.string(),
    v.transform((text) => text.length),
  ),
  scores: v.record(v.string(), v.number()),
};

const arktype: Library = {
  name: 'arktype',
  person: type({ name: 'string >= 1', 'age?': 'number', '+': 'reject' }),
  numbers: type('number[]'),
  text: type('string'),
  length: type('string').pipe((text) => text.length),
  scores: type({ '[string]': 'number' }),
};

export const libraries: readonly Library[] = [zod, valibot, arktype];
