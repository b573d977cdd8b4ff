// What `#development` is in Node, in development builds and wherever no condition says otherwise: errors that
// explain. Builds for production get `production.ts`, which exports the same names.
import { checkOptions, type OptionTable } from '@asyngular/errors/options';
import { InvalidArgumentsError } from '@asyngular/protocol';
import type { StreamOptions } from '@asyngular/streams';

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
export { createTrace, watchTrouble } from './client-log.js';
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

/** Options of a socket's streams: consumers that nobody reads are reported, since what they collect never ends. */
export const streamOptions: StreamOptions = {
  onUnreadConsumer({ id, backpressure, stream = '', family }) {
    // An event would need a listener, and it is listeners that are forgotten.
    // biome-ignore lint/suspicious/noConsole: there is nobody else to say it to.
    console.warn(
      `Asyngular: consumer ${id} of the ${family} ${stream} has read nothing for 10 s, and ${backpressure} ` +
        'messages wait for it; does its loop hang, or was it dropped without return()? Give it a highWaterMark',
    );
  },
};
