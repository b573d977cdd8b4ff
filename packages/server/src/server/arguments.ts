import { describeValue } from '@asyngular/errors/options';
import { InvalidArgumentsError } from '@asyngular/protocol';
import { type AuthEngineOption, isAuthEngineOption } from '../auth/auth-engine.js';

/** @throws InvalidArgumentsError for a value that is not a function but has to be one */
export function assertFunction(value: unknown, what: string): void {
  if (typeof value === 'function') return;
  throw new InvalidArgumentsError(`The ${what} must be a function; it is ${String(value)}`);
}

/** @throws InvalidArgumentsError for what has neither half of an auth engine */
export function assertAuthEngine(value: unknown): asserts value is AuthEngineOption {
  if (isAuthEngineOption(value)) return;
  throw new InvalidArgumentsError(
    'The auth engine must have the methods verifyToken and signToken, or one of them',
  );
}

/** @throws InvalidArgumentsError for an engine without these methods */
export function assertMethods(value: unknown, what: string, ...names: readonly string[]): void {
  const members = Object(value) as Record<string, unknown>;
  if (names.every((name) => typeof members[name] === 'function')) return;
  throw new InvalidArgumentsError(`The ${what} must have the methods ${names.join(' and ')}`);
}

/**
 * Node takes numbers, their digits as a variable of the environment has them, and nothing, which is any free port.
 * @throws InvalidArgumentsError for what it would refuse in the name of an option that nobody has written
 */
export function assertPort(port: unknown): void {
  if (port === undefined || port === null) return;
  const isText = typeof port === 'string' && /^\d+$/.test(port);
  const number = isText ? Number(port) : port;
  if (Number.isInteger(number) && 0 <= Number(number) && Number(number) <= 65_535) return;
  throw new InvalidArgumentsError(
    `The port of listen() is ${describeValue(port)}; it must be a number from 0 to 65535, and options come behind it: ` +
      'listen(8000, { authKey })',
  );
}

/** @throws InvalidArgumentsError for an Express or other application in place of the server that it runs in */
export function assertHttpServer(value: unknown): void {
  if (typeof value === 'function') {
    throw new InvalidArgumentsError(
      'attach() got a function, such as an Express application. Pass the HTTP server: createServer(app)',
    );
  }
  assertMethods(value, 'HTTP server', 'on', 'address');
}
