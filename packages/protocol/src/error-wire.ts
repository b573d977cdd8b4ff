import { isBinary } from './binary-placeholders.js';
import { UnknownError } from './errors-general.js';
import { readOwn, setOwn, type UnknownRecord } from './own.js';

// Nobody reads errors this deep; the bound keeps hostile or accidental depth off the call stack.
const MAX_DEPTH = 64;
const TOO_DEEP = '[nested too deeply]';
const UNREADABLE = '[unreadable]';

/**
 * An error as it travels: own enumerable members plus `message` and `name` (also inherited), never
 * `stack` unless asked. Objects seen before become `{"$ref":path}`; functions, symbols, bigints and
 * numbers without JSON become text. Never throws, and the result is always encodable. `null` and
 * `undefined` stay (see `responseError` for failures). Source: docs/protocol.md P10.6–P10.8.
 */
export function dehydrateError(error: unknown, includeStack = false): unknown {
  /** Path of every object already written. */
  const seen = new Map<object, string>();

  function dehydrate(value: unknown, path: string, depth: number): unknown {
    switch (typeof value) {
      case 'function':
        return `[function ${value.name}]`;
      case 'symbol':
      case 'bigint':
        return String(value);
      case 'number':
        return Number.isFinite(value) ? value : String(value);
      case 'object':
        // Proxies and getters of user code may throw at any look at them.
        return value && attempt(() => dehydrateObject(value, path, depth));
      default:
        return value;
    }
  }

  function dehydrateObject(source: object, path: string, depth: number): unknown {
    const earlier = seen.get(source);
    if (earlier !== undefined) {
      return { $ref: earlier };
    }
    if (depth > MAX_DEPTH) {
      return TOO_DEEP;
    }
    seen.set(source, path);
    if (depth > 0) {
      if (isBinary(source) || isBoxed(source)) {
        return source;
      }
      if (Array.isArray(source)) {
        return source.map((item, index) => dehydrate(item, `${path}[${index}]`, depth + 1));
      }
      const toJson = readSafely(source, 'toJSON');
      const form: unknown = typeof toJson === 'function' ? toJson.call(source, '') : source;
      if (form !== source) {
        return dehydrate(form, path, depth + 1);
      }
    }
    return dehydrateMembers(source, path, depth);
  }

  function dehydrateMembers(source: object, path: string, depth: number): UnknownRecord {
    const target: UnknownRecord = {};
    const isError = depth === 0 || isErrorLike(source);
    if (isError) {
      // Text only, inherited or not.
      for (const key of includeStack ? ['message', 'name', 'stack'] : ['message', 'name']) {
        const value = readSafely(source, key);
        if (typeof value === 'string') {
          target[key] = value;
        }
      }
    }
    for (const key of Object.keys(source)) {
      if (isError && (key === 'stack' || Object.hasOwn(target, key))) {
        continue;
      }
      const value = readSafely(source, key);
      // A method would be called by JSON.stringify if it were named toJSON, and is no data otherwise.
      if (typeof value !== 'function' && value !== undefined) {
        setOwn(target, key, dehydrate(value, `${path}[${JSON.stringify(key)}]`, depth + 1));
      }
    }
    return target;
  }

  return dehydrate(error, '$', 0);
}

/** The error of a failed call: `undefined` and `null` would look like success on the wire (P3.4). */
export function responseError(error: unknown): unknown {
  return error === undefined || error === null
    ? new UnknownError('The procedure failed without giving an error')
    : error;
}

/**
 * A received error for the application: `null` for none, primitives as they are, objects as a plain
 * `Error` with the sender's message, name and other members; members that an Error already has
 * (`stack`, `toString`, …) are not overwritten. Never throws. Source: docs/protocol.md P10.9.
 */
export function hydrateError(value: unknown): unknown {
  if (value === undefined || value === null) {
    return null;
  }
  if (typeof value !== 'object') {
    return value;
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

function isErrorLike(value: object): boolean {
  return value instanceof Error || Object.prototype.toString.call(value) === '[object Error]';
}

/** Boxed strings, numbers and booleans: JSON.stringify unwraps them. */
function isBoxed(value: object): boolean {
  return value instanceof String || value instanceof Boolean || value instanceof Number;
}

/** The member, inherited or not; a getter that throws makes only that member unreadable. */
function readSafely(source: object, key: string): unknown {
  return attempt(() => (source as UnknownRecord)[key]);
}

function attempt(read: () => unknown): unknown {
  try {
    return read();
  } catch {
    return UNREADABLE;
  }
}
