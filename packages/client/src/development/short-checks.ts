import type {
  CheckedOptions,
  OptionCheck,
  OptionsErrorClass,
  OptionTable,
  Range,
} from '@asyngular/errors/options';
import { MAX_TIMEOUT_MS } from '@asyngular/protocol/internal';

// The checks of @asyngular/errors/options without their sentences. A test proves that both refuse the same values.

export function check(_expected: string, isValid: (value: unknown) => boolean): OptionCheck {
  return { expected: '', isValid };
}

export function flag(): OptionCheck {
  return check('', (value) => typeof value === 'boolean');
}

export function text({ minLength = 0 } = {}): OptionCheck {
  return check('', (value) => typeof value === 'string' && value.length >= minLength);
}

export function number(
  _unit: string,
  { min = 0, max = Number.POSITIVE_INFINITY }: Range = {},
): OptionCheck {
  return check('', (value) => typeof value === 'number' && value >= min && value <= max);
}

export function milliseconds({ min = 0, max = MAX_TIMEOUT_MS }: Range = {}): OptionCheck {
  return number('', { min, max });
}

export function count(unit: string, range?: Range): OptionCheck {
  const { isValid } = number(unit, range);
  // Infinity has no remainder either: NaN is not 0.
  return check('', (value) => isValid(value) && !((value as number) % 1 > 0));
}

export function oneOf(...values: readonly (string | number)[]): OptionCheck {
  return check('', (value) => (values as readonly unknown[]).includes(value));
}

export function func(): OptionCheck {
  return check('', (value) => typeof value === 'function');
}

export function withMethods(...names: readonly string[]): OptionCheck {
  return check('', (value) => names.every((name) => typeof Object(value)[name] === 'function'));
}

export function object(): OptionCheck {
  return check('', (value) => typeof value === 'object' && !Array.isArray(value));
}

export function anyOf(...checks: readonly OptionCheck[]): OptionCheck {
  return check('', (value) => checks.some(({ isValid }) => isValid(value)));
}

export function anything(): OptionCheck {
  return check('', () => true);
}

export function checkOptions<Options extends object>(
  table: OptionTable<Options>,
  given: unknown,
  what: string,
  ErrorClass: OptionsErrorClass,
): CheckedOptions<Options> {
  const checks = new Map<string, OptionCheck>(Object.entries(table));
  if (!object().isValid(given ?? {})) {
    throw new ErrorClass(`The options of ${what} must be an object`);
  }
  for (const [name, value] of Object.entries(given ?? {})) {
    if (!checks.get(name)?.isValid(value)) {
    }
  }
  return {};
}
