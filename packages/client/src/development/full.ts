// What `#development` is in Node, in development builds and wherever no condition says otherwise: errors that
// explain. Builds for production get `production.ts`, which exports the same names.
import { checkOptions, type OptionTable } from '@asyngular/errors/options';
import { InvalidArgumentsError } from '@asyngular/protocol';

export {
  anyOf,
  anything,
  check,
  count,
  flag,
  func,
  milliseconds,
  number,
  type OptionTable,
  object,
  oneOf,
  text,
  withMethods,
} from '@asyngular/errors/options';
export { describeFailure } from './describe-failure.js';
export { assertTransition } from './transitions.js';

/**
 * Checks options against a table; `what` says whose they are.
 * @throws InvalidArgumentsError with what was expected, for an unknown name with the nearest known one
 */
export function assertOptions<Options extends object>(
  table: OptionTable<Options>,
  given: unknown,
  what: string,
): void {
  checkOptions(table, given, what, InvalidArgumentsError);
}

/** A remedy or a likely cause, to be put behind the sentence that says what is wrong. */
export function hint(words: string): string {
  return words;
}
