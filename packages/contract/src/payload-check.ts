import { ValidationError, type ValidationIssue } from '@asyngular/errors';
import type { AwaitCheck, PayloadCheck } from '@asyngular/protocol/internal';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Schema } from './schema.js';

/** Issues that an error names: of 10,000 bad items, ten thousand lines help nobody and weigh a megabyte. */
const MAX_ISSUES = 20;
/** Characters of a path or a message. */
const MAX_TEXT = 200;

/** A check by a schema. `what` begins the error's message: `The data of login`. */
export function checkBy(schema: Schema, what: string, awaitCheck: AwaitCheck): PayloadCheck {
  const standard = schema['~standard'];
  return (data) => {
    const result = standard.validate(data);
    // Without a promise where the schema needs none. One of another realm would pass for data, were it not resolved here.
    if ('then' in result) {
      const checked = Promise.resolve(result).then((settled) => valueIn(settled, what));
      return awaitCheck(checked, what);
    }
    return valueIn(result, what);
  };
}

/** The check of data that a contract does not have. JSON has no undefined, so that null stands for nothing, too. */
export function checkNothing(what: string): PayloadCheck {
  return (data) => {
    if (data === undefined || data === null) return undefined;
    throw new ValidationError(`${what} must be left out: the contract has no schema for it`, [
      { path: '', message: 'must be left out' },
    ]);
  };
}

/** The check of an answer that the contract does not have: what a handler happens to return stays on its side. */
export function dropResult(): undefined {}

function valueIn(result: StandardSchemaV1.Result<unknown>, what: string): unknown {
  if (result.issues === undefined) return result.value;
  const issues = result.issues.slice(0, MAX_ISSUES).map(describeIssue);
  const more = result.issues.length - 1;
  const first = issues[0] ?? { path: '', message: 'its schema refuses it' };
  const where = first.path === '' ? '' : `${first.path}: `;
  throw new ValidationError(
    `${what} is not what the contract says: ${where}${first.message}${more > 0 ? ` (and ${more} more)` : ''}`,
    issues,
  );
}

function describeIssue({ path = [], message }: StandardSchemaV1.Issue): ValidationIssue {
  return { path: clip(describePath(path)), message: clip(String(message)) };
}

/** `users[3].name`. Stops where it is long enough, however long the path is. */
function describePath(path: readonly (PropertyKey | StandardSchemaV1.PathSegment)[]): string {
  let text = '';
  for (const segment of path) {
    const key = typeof segment === 'object' ? segment.key : segment;
    if (typeof key === 'number') text += `[${key}]`;
    else if (text === '') text = String(key);
    else text += `.${String(key)}`;
    if (text.length > MAX_TEXT) break;
  }
  return text;
}

function clip(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT - 1)}…` : text;
}
