import { InvalidOptionsError } from './general-errors.js';
import { nearestName } from './nearest-name.js';
import { describeValue, type OptionCheck } from './option-checks.js';

/** One check per option of `Options`; the compiler refuses a table that forgets an option. */
export type OptionTable<Options> = { readonly [Name in keyof Options]-?: OptionCheck };

/** Options that passed: what is there is neither `undefined` nor null. */
export type CheckedOptions<Options> = { [Name in keyof Options]?: NonNullable<Options[Name]> };

/**
 * Options once their defaults are filled in: every member is there. `Required` alone would let `undefined` through
 * where the compiler tells absent members from undefined ones (`exactOptionalPropertyTypes`).
 */
export type FilledInOptions<Options> = {
  [Name in keyof Options]-?: Exclude<Options[Name], undefined>;
};

/** Class of the error to throw: `InvalidOptionsError`, or `InvalidArgumentsError` for those of the client. */
export type OptionsErrorClass = new (message: string) => Error;

/**
 * Checks options against a table and returns those that were given, as a new object to spread over defaults:
 * `{ ...defaults, ...checkOptions(table, options, 'the server') }`. `undefined` and `null` mean the default,
 * for a single option and for `given` as a whole. Only own enumerable members count.
 *
 * ```ts
 * const table = {
 *   ackTimeout: milliseconds(),
 *   maxUnsentMessages: count('messages'),
 *   codecEngine: withMethods('encode', 'decode'),
 * } satisfies OptionTable<Options>;
 * checkOptions<Options>(table, { ackTimout: 5 }, 'the client', InvalidArgumentsError);
 * // InvalidArgumentsError: Unknown option ackTimout of the client; did you mean ackTimeout?
 * checkOptions<Options>(table, { ackTimeout: '50' }, 'the client', InvalidArgumentsError);
 * // The ackTimeout option of the client is '50'; it must be a number of milliseconds from 0 to 2147483647
 * ```
 *
 * @param what whose options they are, for the message: `'the client'`, `'invoke()'`
 * @param ErrorClass what to throw, default `InvalidOptionsError`
 * @throws ErrorClass for options that are no object, for the first unknown name (with the nearest known one,
 *   even when its value is `undefined`), and for the first value that fails its check
 */
export function checkOptions<Options extends object>(
  table: OptionTable<Options>,
  given: unknown,
  what: string,
  ErrorClass: OptionsErrorClass = InvalidOptionsError,
): CheckedOptions<Options> {
  const checked: CheckedOptions<Options> = {};
  if (given === undefined || given === null) {
    return checked;
  }
  if (typeof given !== 'object' || Array.isArray(given)) {
    throw new ErrorClass(
      `The options of ${what} must be an object; they are ${describeValue(given)}`,
    );
  }
  for (const [name, value] of Object.entries(given)) {
    if (!isNameIn(table, name)) {
      const meant = nearestName(name, Object.keys(table));
      const remedy = meant === undefined ? 'remove it' : `did you mean ${meant}?`;
      throw new ErrorClass(`Unknown option ${name} of ${what}; ${remedy}`);
    }
    if (value === undefined || value === null) {
      continue;
    }
    const { expected } = table[name];
    if (!table[name].isValid(value)) {
      throw new ErrorClass(
        `The ${name} option of ${what} is ${describeValue(value)}; it must be ${expected}`,
      );
    }
    checked[name] = value;
  }
  return checked;
}

function isNameIn<Table extends object>(table: Table, name: PropertyKey): name is keyof Table {
  return Object.hasOwn(table, name);
}
