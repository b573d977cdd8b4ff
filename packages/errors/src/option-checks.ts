/** What the value of an option has to be. */
export interface OptionCheck {
  /** Completes "it must be …", with the unit: `a whole number of messages, 1 or more`. */
  readonly expected: string;
  /** Whether the value will do. Never called with `undefined` or `null`, which stand for the default. */
  isValid(value: unknown): boolean;
}

/** The range of a number, both ends included. */
export interface Range {
  /** Least value, default 0. */
  min?: number;
  /** Greatest value, default none. */
  max?: number;
}

/** The longest delay that timers take, in milliseconds; longer ones would fire at once. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** A check of your own; `expected` completes "it must be …". */
export function check(expected: string, isValid: (value: unknown) => boolean): OptionCheck {
  return { expected, isValid };
}

/** `true` or `false`, nothing that merely counts as one of them. */
export function flag(): OptionCheck {
  return check('true or false', (value) => typeof value === 'boolean');
}

/** Any text; with `minLength` 1 not the empty one. */
export function text({ minLength = 0 } = {}): OptionCheck {
  return check(
    minLength > 0 ? 'a text that is not empty' : 'a text',
    (value) => typeof value === 'string' && value.length >= minLength,
  );
}

/** A number within a range. `unit` is plural: `seconds`. NaN never passes. */
export function number(
  unit: string,
  { min = 0, max = Number.POSITIVE_INFINITY }: Range = {},
): OptionCheck {
  return check(
    `a number of ${unit}${describeRange(min, max)}`,
    (value) => typeof value === 'number' && value >= min && value <= max,
  );
}

/** A number of milliseconds that a timer can wait: at most 2,147,483,647, about 24.8 days. */
export function milliseconds({ min = 0, max = MAX_DELAY_MS }: Range = {}): OptionCheck {
  return number('milliseconds', { min, max });
}

/** A whole number, or `Infinity` unless `max` excludes it. `unit` is plural: `messages`. */
export function count(
  unit: string,
  { min = 0, max = Number.POSITIVE_INFINITY }: Range = {},
): OptionCheck {
  return check(
    `a whole number of ${unit}${describeRange(min, max)}`,
    (value) =>
      (Number.isInteger(value) || value === Number.POSITIVE_INFINITY) &&
      (value as number) >= min &&
      (value as number) <= max,
  );
}

/** One of a few values: `oneOf(1, 2)`. */
export function oneOf(...values: readonly (string | number)[]): OptionCheck {
  return check(values.map(describeValue).join(' or '), (value) =>
    (values as readonly unknown[]).includes(value),
  );
}

/** A function; `what` says what it is called for: `a function of the channel`. */
export function func(what = 'a function'): OptionCheck {
  return check(what, (value) => typeof value === 'function');
}

/** An object (or function) with methods of these names, its own or inherited. */
export function withMethods(...names: readonly string[]): OptionCheck {
  return check(
    `an object with ${names.map((name) => `${name}()`).join(' and ')}`,
    (value) =>
      isObject(value) && names.every((name) => typeof Reflect.get(value, name) === 'function'),
  );
}

/** An object other than a list; for options within options call `checkOptions` on it as well. */
export function object(what = 'an object'): OptionCheck {
  return check(
    what,
    (value) => isObject(value) && typeof value !== 'function' && !Array.isArray(value),
  );
}

/** A list in which every element passes `element`. */
export function listOf(element: OptionCheck): OptionCheck {
  return check(
    `a list, each element ${element.expected}`,
    (value) => Array.isArray(value) && value.every((item) => element.isValid(item)),
  );
}

/** Whatever passes one of the checks. */
export function anyOf(...checks: readonly OptionCheck[]): OptionCheck {
  return check(checks.map(({ expected }) => expected).join(', or '), (value) =>
    checks.some((one) => one.isValid(value)),
  );
}

/** Any value: for options of published packages that are accepted without an effect. */
export function anything(): OptionCheck {
  return check('anything', () => true);
}

/** A value as error messages show it: short, and without what an object or a function holds. */
export function describeValue(value: unknown): string {
  if (typeof value === 'string') {
    return `'${value.length > 50 ? `${value.slice(0, 50)}…` : value}'`;
  }
  if (Array.isArray(value)) {
    return 'a list';
  }
  return typeof value === 'function' ? 'a function' : isObject(value) ? 'an object' : String(value);
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

function describeRange(min: number, max: number): string {
  return max === Number.POSITIVE_INFINITY ? `, ${min} or more` : ` from ${min} to ${max}`;
}
