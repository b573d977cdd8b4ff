import { isSchema, jsonSchemaOf } from '@asyngular/contract/internal';
import type { Form, Forms } from '../api/snapshots.js';

/**
 * What may be published, from a contract made of schemas. What goes in counts: the server checks it as if the application
 * had published it. A contract that is no such thing, or none, leaves the payload open.
 */
export function formsOf(contract: object | undefined): Forms {
  const { channels } = (contract ?? {}) as { channels?: unknown };
  if (typeof channels !== 'object' || channels === null) return { isOpen: true, forms: [] };
  const forms = Object.entries(channels)
    .map(([channel, given]) => formOf(channel, given))
    .filter((form) => form !== undefined);
  return { isOpen: false, forms };
}

function formOf(channel: string, given: unknown): Form | undefined {
  // One schema for everything, or one for what the server publishes.
  const schema = isSchema(given) ? given : (given as { data?: unknown } | undefined)?.data;
  if (!isSchema(schema)) return undefined;
  return { channel, schema: jsonSchemaOf(schema, 'input', '#', () => {}) };
}
