import { InvalidArgumentsError } from '@asyngular/protocol';

/** @throws InvalidArgumentsError for what was to be a function and is none */
export function assertFunction(value: unknown, what: string): void {
  if (typeof value === 'function') return;
  throw new InvalidArgumentsError(`The ${what} must be a function; it is ${String(value)}`);
}

/** @throws InvalidArgumentsError for an engine without these methods */
export function assertMethods(value: unknown, what: string, ...names: readonly string[]): void {
  const members = Object(value) as Record<string, unknown>;
  if (names.every((name) => typeof members[name] === 'function')) return;
  throw new InvalidArgumentsError(`The ${what} must have the methods ${names.join(' and ')}`);
}
