import { InvalidArgumentsError } from '@asyngular/errors';
import { count, describeValue } from '@asyngular/errors/options';

const check = count('entries', { min: 1 });

/**
 * How many entries a list keeps, `limit` unless it is undefined. `what` is whose option it is: `useMessages()`.
 * @throws InvalidArgumentsError for 0, which would bound nothing, and for what is no whole number
 */
export function limitOf(what: string, limit: number | undefined, fallback: number): number {
  const kept = limit ?? fallback;
  if (!check.isValid(kept)) {
    throw new InvalidArgumentsError(
      `The limit option of ${what} is ${describeValue(kept)}; it must be ${check.expected}`,
    );
  }
  return kept;
}
