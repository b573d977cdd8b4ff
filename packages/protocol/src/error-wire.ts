import { UnknownError } from '@asyngular/errors';
import { elsewhere } from '@asyngular/errors/internal';
import { bytesOf } from './binary-placeholders.js';
import type { UnknownRecord } from './own.js';

/** Where the error itself is; the members of an object are at `<its path>["<name>"]`. */
const ROOT = '$';
// Nobody reads what has a longer path; the bound keeps accidental depth off the call stack.
const MAX_PATH_LENGTH = 1_000;
/** Stands for what has a longer path, or throws when it is read. */
const UNREADABLE = '[unreadable]';

/**
 * An error as it travels: own enumerable members plus `message` and `name` (also inherited), never
 * `stack`. Objects seen before become `{"$ref":path}`; symbols, bigints and numbers without
 * JSON become text, and so does what throws when it is read or is nested too deeply. Never throws, and the
 * result is always encodable. `null` and `undefined` stay (see `responseError` for failures). With `keepsTypes`, for a peer
 * whose codec does, numbers, big integers, dates, maps and sets stay what they are.
 * Source: docs/protocol.md P10.6–P10.8, P17.6.
 */
export function dehydrateError(error: unknown, keepsTypes = false): unknown {
  /** Path of every object already written. */
  const paths = new Map<object, string>();

  /** Takes a function because getters and proxies of user code may throw at any look at them. */
  function copy(read: () => unknown, path: string): unknown {
    try {
      const value = read();
      if (typeof value === 'function') {
        // No member: JSON.stringify would call it if it were named toJSON.
        return path === ROOT ? `[function ${value.name}]` : undefined;
      }
      if (typeof value !== 'object') {
        const kept = keepsTypes
          ? /string|boolean|undefined|number|bigint/
          : /string|boolean|undefined/;
        return Number.isFinite(value) || kept.test(typeof value) ? value : String(value);
      }
      if (!value || bytesOf(value)) {
        return value;
      }
      if (paths.has(value)) {
        return { $ref: paths.get(value) };
      }
      if (path.length > MAX_PATH_LENGTH) {
        return UNREADABLE;
      }
      paths.set(value, path);
      if (keepsTypes) {
        if (value instanceof Date) {
          return new Date(value.getTime());
        }
        const items = (list: Iterable<unknown>): unknown[] =>
          Array.from(list, (item, index) => copy(() => item, `${path}[${index}]`));
        if (value instanceof Map) {
          return new Map(Array.from(value, (entry) => items(entry) as [unknown, unknown]));
        }
        if (value instanceof Set) {
          return new Set(items(value));
        }
      }
      const isError = path === ROOT || value instanceof Error;
      const members = value as UnknownRecord;
      const { toJSON } = members;
      if (!isError && typeof toJSON === 'function') {
        return copy(() => toJSON.call(value, ''), path);
      }
      // An error's own two are seldom enumerable, and its name is mostly inherited.
      const names = isError ? ['message', 'name'] : [];
      // Without a prototype `__proto__` is an ordinary name.
      const result: UnknownRecord = Array.isArray(value) ? [] : Object.create(null);
      for (const key of new Set([...names, ...Object.keys(value)])) {
        if (!isError || key !== 'stack') {
          result[key] = copy(() => members[key], `${path}[${JSON.stringify(key)}]`);
        }
      }
      return result;
    } catch {
      return UNREADABLE;
    }
  }

  return copy(() => error, ROOT);
}

/** The error of a failed call: `undefined` and `null` would look like success on the wire (P3.4). */
export function responseError(error: unknown): unknown {
  return error ?? new UnknownError('No error was given');
}

/**
 * A received error for the application: `null` for none, primitives as they are, objects as a plain
 * `Error` with the sender's message, name and other members; members that an Error already has
 * (`stack`, `toString`, …) are not overwritten. Never throws. Source: docs/protocol.md P10.9.
 */
export function hydrateError(value: unknown): unknown {
  if (typeof value !== 'object' || !value) {
    return value ?? null;
  }
  const { message, name, ...members } = value as UnknownRecord;
  const text = typeof message === 'string' ? message : 'Invalid error message format';
  const error = elsewhere(new Error(text) as Error & UnknownRecord);
  if (typeof name === 'string') {
    error.name = name;
  }
  for (const [key, member] of Object.entries(members)) {
    // `__proto__` is among those that it has.
    if (!(key in error)) {
      error[key] = member;
    }
  }
  return error;
}
