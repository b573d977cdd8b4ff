// What `#development` is where the condition `production` is set: in bundles for production, and in the minified
// file for `<script>` tags. The same as `full.ts` in fewer words; test/production.test.ts compares them.
import type { Range } from '@asyngular/errors/options';
import { InvalidArgumentsError } from '@asyngular/protocol';
import { MAX_TIMEOUT_MS } from '@asyngular/protocol/internal';
import type { StreamOptions } from '@asyngular/streams';
import type { FailedAttempt } from '../connection/connection-failure.js';

type OptionCheck = (value: unknown) => boolean;

export type OptionTable<Options> = { readonly [Name in keyof Options]-?: OptionCheck };

export function check(_expected: string, isValid: OptionCheck): OptionCheck {
  return isValid;
}

// The checks without parameters stand for many options, and are not repeated for each of them.
const isFlag: OptionCheck = (value) => typeof value === 'boolean';
const isFunction: OptionCheck = (value) => typeof value === 'function';
const isAnything: OptionCheck = () => true;
const isObject: OptionCheck = (value) => typeof value === 'object' && !Array.isArray(value);

export function flag(): OptionCheck {
  return isFlag;
}

export function text({ minLength = 0 } = {}): OptionCheck {
  return (value) => typeof value === 'string' && value.length >= minLength;
}

export function number(
  _unit: string,
  { max = Number.POSITIVE_INFINITY }: Pick<Range, 'max'> = {},
): OptionCheck {
  return (value) => typeof value === 'number' && value >= 0 && value <= max;
}

export function milliseconds(): OptionCheck {
  return number('', { max: MAX_TIMEOUT_MS });
}

export function count(unit: string): OptionCheck {
  const isInRange = number(unit);
  // Infinity has no remainder, and counts as whole.
  return (value) => isInRange(value) && !(Number(value) % 1);
}

export function oneOf(...values: readonly (string | number)[]): OptionCheck {
  return (value) => (values as readonly unknown[]).includes(value);
}

export function func(): OptionCheck {
  return isFunction;
}

export function withMethods(...names: readonly string[]): OptionCheck {
  return (value) => names.every((name) => typeof Object(value)[name] === 'function');
}

export function object(): OptionCheck {
  return isObject;
}

export function anyOf(...checks: readonly OptionCheck[]): OptionCheck {
  return (value) => checks.some((isValid) => isValid(value));
}

export function anything(): OptionCheck {
  return isAnything;
}

/**
 * Checks options against a table; `what` says whose they are.
 * @throws InvalidArgumentsError naming the option and its value
 */
export function assertOptions<Options extends object>(
  table: OptionTable<Options>,
  given: unknown,
  what: string,
): void {
  const checks = new Map<string, OptionCheck>(Object.entries(table));
  if (!isObject(given ?? {})) {
    throw new InvalidArgumentsError(`The options of ${what} must be an object`);
  }
  for (const [name, value] of Object.entries(given ?? {})) {
    const isValid = checks.get(name);
    if (!isValid) {
      throw new InvalidArgumentsError(`Unknown option ${name} of ${what}`);
    }
    if ((value ?? undefined) !== undefined && !isValid(value)) {
      const shown = Object(value) === value ? `of type ${typeof value}` : String(value);
      throw new InvalidArgumentsError(`The ${name} option of ${what} cannot be ${shown}`);
    }
  }
}

/** Completes "Could not connect to …". */
export function describeFailure({ message, code, status }: FailedAttempt): string {
  return `: ${String(status ?? (message || code))}`;
}

/** The development log is not there in production. */
export function watchTrouble(): undefined {}

/** Nor is the trace of packets. */
export function createTrace(): undefined {}

/** Production has what is wrong without it. */
export function hint(_words: string): string {
  return '';
}

/** Nothing here: a wrong transition is a fault of this package, which tests find. */
export function assertTransition(): void {}

/** Production checks and reports nothing of the kind. */
export const streamOptions: StreamOptions = {};
