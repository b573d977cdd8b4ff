import { isBinary } from './binary-placeholders.js';
import { UnknownError } from './errors-general.js';
import { readOwn } from './own.js';

// Nobody reads errors this deep; the bound keeps hostile or accidental depth off the call stack.
const MAX_DEPTH = 64;

/**
 * An error as it travels: own enumerable members plus `message` and `name` (also inherited), never
 * `stack` unless asked. Objects seen before become `{"$ref":path}`; functions, symbols, bigints and
 * numbers without JSON become text. Never throws, and the result is always encodable. `null` and
 * `undefined` stay (see `responseError` for failures). Source: docs/protocol.md P10.6–P10.8.
 */
export function dehydrateError(error: unknown, includeStack = false): unknown {
  /** Path of every object already written. */
  const seen = new Map<object, string>();

  /** Takes a function because getters and proxies of user code may throw at any look at them. */
  function dehydrate(read: () => any, path: string, depth: number): unknown {
    try {
      const value = read();
      switch (typeof value) {
        case 'function':
          // No member: JSON.stringify would call it if it were named toJSON.
          return depth ? undefined : `[function ${value.name}]`;
        case 'symbol':
        case 'bigint':
          return String(value);
        case 'number':
          return Number.isFinite(value) ? value : String(value);
        case 'object':
          return value && dehydrateObject(value, path, depth);
        default:
          return value;
      }
    } catch {
      return '[unreadable]';
    }
  }

  function dehydrateObject(source: any, path: string, depth: number): unknown {
    if (seen.has(source)) {
      return { $ref: seen.get(source) };
    }
    if (depth > MAX_DEPTH) {
      return '[nested too deeply]';
    }
    seen.set(source, path);
    if (depth) {
      if (isBinary(source) || isBoxed(source)) {
        return source;
      }
      if (Array.isArray(source)) {
        return source.map((item, index) => dehydrate(() => item, `${path}[${index}]`, depth + 1));
      }
      const form = typeof source.toJSON === 'function' ? source.toJSON('') : source;
      if (form !== source) {
        return dehydrate(() => form, path, depth + 1);
      }
    }
    const isError = !depth || source instanceof Error;
    // An error's own three are seldom enumerable, and its name is mostly inherited.
    const keys = new Set(isError ? ['message', 'name', 'stack'] : []);
    for (const key of Object.keys(source)) {
      keys.add(key);
    }
    if (isError && !includeStack) {
      keys.delete('stack');
    }
    return Object.fromEntries(
      [...keys].map((key) => [
        key,
        dehydrate(() => source[key], `${path}[${JSON.stringify(key)}]`, depth + 1),
      ]),
    );
  }

  return dehydrate(() => error, '$', 0);
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
export function hydrateError(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) {
    return value ?? null;
  }
  const message = readOwn(value, 'message');
  const name = readOwn(value, 'name');
  const error = new Error(
    typeof message === 'string' ? message : 'Invalid error message format',
  ) as Error & Record<string, unknown>;
  if (typeof name === 'string') {
    error.name = name;
  }
  for (const key of Object.keys(value)) {
    if (!(key in error)) {
      error[key] = readOwn(value, key);
    }
  }
  return error;
}

/** Boxed strings, numbers and booleans: JSON.stringify unwraps them. */
function isBoxed(value: object): boolean {
  return [String, Number, Boolean].some((Box) => value instanceof Box);
}
