import { bytesOf } from './binary-placeholders.js';
import { UnknownError } from './errors-general.js';

/** Where the error itself is; the members of an object are at `<its path>["<name>"]`. */
const ROOT = '$';
// Nobody reads what has a longer path; the bound keeps accidental depth off the call stack.
const MAX_PATH_LENGTH = 1_000;

/**
 * An error as it travels: own enumerable members plus `message` and `name` (also inherited), never
 * `stack` unless asked. Objects seen before become `{"$ref":path}`; symbols, bigints and numbers without
 * JSON become text, and so does what throws when it is read or is nested too deeply. Never throws, and the
 * result is always encodable. `null` and `undefined` stay (see `responseError` for failures).
 * Source: docs/protocol.md P10.6–P10.8.
 */
export function dehydrateError(error: unknown, includeStack = false): unknown {
  /** Path of every object already written. */
  const paths = new Map<object, string>();

  /** Takes a function because getters and proxies of user code may throw at any look at them. */
  function copy(read: () => any, path: string): unknown {
    try {
      const value = read();
      switch (typeof value) {
        case 'function':
          // No member: JSON.stringify would call it if it were named toJSON.
          return path === ROOT ? `[function ${value.name}]` : undefined;
        case 'symbol':
        case 'bigint':
          return String(value);
        case 'number':
          return Number.isFinite(value) ? value : String(value);
        case 'object':
          return value && copyObject(value, path);
        default:
          return value;
      }
    } catch {
      return '[unreadable]';
    }
  }

  function copyObject(source: any, path: string): unknown {
    if (paths.has(source)) {
      return { $ref: paths.get(source) };
    }
    if (path.length > MAX_PATH_LENGTH) {
      return '[nested too deeply]';
    }
    paths.set(source, path);
    if (bytesOf(source)) {
      return source;
    }
    const isError = path === ROOT || source instanceof Error;
    if (!isError && typeof source.toJSON === 'function') {
      return copy(() => source.toJSON(''), path);
    }
    // An error's own three are seldom enumerable, and its name is mostly inherited.
    const keys = new Set([
      ...(isError ? ['message', 'name', 'stack'] : []),
      ...Object.keys(source),
    ]);
    const result: any = Array.isArray(source) ? [] : {};
    for (const key of keys) {
      if (!isError || includeStack || key !== 'stack') {
        result[key] = copy(() => source[key], `${path}[${JSON.stringify(key)}]`);
      }
    }
    return result;
  }

  return copy(() => error, ROOT);
}

/** The error of a failed call: `undefined` and `null` would look like success on the wire (P3.4). */
export function responseError(error: unknown): unknown {
  return error ?? new UnknownError('The procedure failed without giving an error');
}

/**
 * A received error for the application: `null` for none, primitives as they are, objects as a plain
 * `Error` with the sender's message, name and other members; members that an Error already has
 * (`stack`, `toString`, …) are not overwritten. Never throws. Source: docs/protocol.md P10.9.
 */
export function hydrateError(value: any): unknown {
  if (typeof value !== 'object' || !value) {
    return value ?? null;
  }
  const { message, name } = value;
  const error: any = new Error(
    typeof message === 'string' ? message : 'Invalid error message format',
  );
  if (typeof name === 'string') {
    error.name = name;
  }
  for (const key of Object.keys(value)) {
    if (!(key in error)) {
      error[key] = value[key];
    }
  }
  return error;
}
