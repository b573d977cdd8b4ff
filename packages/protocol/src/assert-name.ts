import { InvalidArgumentsError } from '@asyngular/errors';
import { isDevelopment } from '@asyngular/errors/internal';

/** @throws InvalidArgumentsError for a name of an event, procedure or channel that is no string */
export function assertName(name: unknown): asserts name is string {
  if (typeof name !== 'string') {
    throw new InvalidArgumentsError(
      isDevelopment ? `A name must be a string; it was ${String(name)}` : `name: ${String(name)}`,
    );
  }
}
