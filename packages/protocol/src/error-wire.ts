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
  if (typeof error === 'object' && error !== null) {
    return dehydrateReadable(error, '$', 0, { seen: new Map(), includeStack });
  }
  return dehydratePrimitive(error);
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

interface Context {
  /** Path of every object already written. */
  readonly seen: Map<object, string>;
  readonly includeStack: boolean;
}

function dehydratePrimitive(value: unknown): unknown {
  switch (typeof value) {
    case 'function':
      return `[function ${value.name}]`;
    case 'symbol':
    case 'bigint':
      return String(value);
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    default:
      return value;
  }
}

/** Proxies and getters of user code may throw at any look at them. */
function dehydrateReadable(source: object, path: string, depth: number, context: Context): unknown {
  try {
    return dehydrateObject(source, path, depth, context);
  } catch {
    return UNREADABLE;
  }
}

function dehydrateObject(source: object, path: string, depth: number, context: Context): unknown {
  const earlier = context.seen.get(source);
  if (earlier !== undefined) {
    return { $ref: earlier };
  }
  if (depth > MAX_DEPTH) {
    return TOO_DEEP;
  }
  context.seen.set(source, path);
  if (depth > 0) {
    if (isBinary(source) || isBoxedText(source)) {
      return source;
    }
    if (Array.isArray(source)) {
      return source.map((item, index) =>
        dehydrateMember(item, `${path}[${index}]`, depth, context),
      );
    }
    const toJson = safeRead(source, 'toJSON');
    if (typeof toJson === 'function') {
      return dehydrateJsonForm(source, toJson as () => unknown, path, depth, context);
    }
  }
  return dehydrateMembers(source, path, depth, context);
}

function dehydrateMembers(
  source: object,
  path: string,
  depth: number,
  context: Context,
): Record<string, unknown> {
  const target: Record<string, unknown> = {};
  const isError = depth === 0 || isErrorLike(source);
  if (isError) {
    copyText(source, target, 'message');
    copyText(source, target, 'name');
    if (context.includeStack) {
      copyText(source, target, 'stack');
    }
  }
  for (const key of Object.keys(source)) {
    if (isError && (key === 'stack' || Object.hasOwn(target, key))) {
      continue;
    }
    const value = safeRead(source, key);
    // A method would be called by JSON.stringify if it were named toJSON, and is no data otherwise.
    if (typeof value !== 'function' && value !== undefined) {
      const memberPath = `${path}[${JSON.stringify(key)}]`;
      setOwn(target, key, dehydrateMember(value, memberPath, depth, context));
    }
  }
  return target;
}

function dehydrateMember(value: unknown, path: string, depth: number, context: Context): unknown {
  return typeof value === 'object' && value !== null
    ? dehydrateReadable(value, path, depth + 1, context)
    : dehydratePrimitive(value);
}

/** What the object's own `toJSON` makes of it; the result's own `toJSON` is not called again. */
function dehydrateJsonForm(
  source: object,
  toJson: (this: unknown, key: string) => unknown,
  path: string,
  depth: number,
  context: Context,
): unknown {
  const form = toJson.call(source, '');
  if (form === source) {
    return dehydrateMembers(source, path, depth, context);
  }
  return dehydrateMember(form, path, depth, context);
}

/** Copies a member that is text, inherited or not. */
function copyText(source: object, target: Record<string, unknown>, key: string): void {
  const value = safeRead(source, key);
  if (typeof value === 'string') {
    target[key] = value;
  }
}

function isErrorLike(value: object): boolean {
  return value instanceof Error || Object.prototype.toString.call(value) === '[object Error]';
}

/** Boxed strings, numbers and booleans: JSON.stringify unwraps them. */
function isBoxedText(value: object): boolean {
  return value instanceof String || value instanceof Boolean || value instanceof Number;
}

/** The member, inherited or not; a getter that throws makes only that member unreadable. */
function safeRead(source: object, key: string): unknown {
  try {
    return (source as UnknownRecord)[key];
  } catch {
    return UNREADABLE;
  }
}
