import { InvalidArgumentsError } from '@asyngular/errors';

/** @throws InvalidArgumentsError for a name of an event, procedure or channel that is no string */
export function assertName(name: unknown): asserts name is string {
  if (typeof name !== 'string') {
    throw new InvalidArgumentsError(`A name must be a string; it was ${String(name)}`);
  }
}
