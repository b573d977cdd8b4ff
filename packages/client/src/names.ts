import { InvalidArgumentsError } from '@asyngular/protocol';

/** @throws InvalidArgumentsError for a name of an event, procedure or channel that is no string */
export function assertName(name: unknown): void {
  if (typeof name !== 'string') {
    throw new InvalidArgumentsError(`A name must be a string; it was ${String(name)}`);
  }
}
