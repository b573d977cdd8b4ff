import {
  anything,
  check,
  checkOptions,
  count,
  milliseconds,
  type OptionTable,
} from '@asyngular/errors/options';
import { isAsyncIterable } from '@asyngular/protocol/internal';

/** Options of `socket.invoke()`. */
export interface InvokeOptions<Item = unknown> {
  /** How long to wait for the answer, in ms. Default: the server's `ackTimeout`. */
  ackTimeout?: number;
  /**
   * Aborting withdraws the call and rejects with the signal's reason. With the signal of a handler the call has the
   * deadline of that handler's call, too.
   */
  signal?: AbortSignal;
  /** Sent along, item by item, as the client reads it. Ends with the answer. */
  body?: AsyncIterable<Item>;
}

/** Options of `socket.stream()`. */
export interface StreamOptions<Item = unknown> extends InvokeOptions<Item> {
  /** How long the whole stream may take, in ms; `ackTimeout` counts until it opens. Default: no limit. */
  timeout?: number;
  /** Items that may wait to be read; the client stops there. Default: the server's `streamHighWaterMark`. */
  highWaterMark?: number;
}

const invokeTable = {
  ackTimeout: milliseconds(),
  signal: check('an AbortSignal', (value) => value instanceof AbortSignal),
  body: check('an async iterable', isAsyncIterable),
  // Of published servers: an encoding made before.
  useCache: anything(),
  stringifiedData: anything(),
} satisfies OptionTable<InvokeOptions & { useCache?: unknown; stringifiedData?: unknown }>;

const streamTable = {
  ...invokeTable,
  timeout: milliseconds(),
  highWaterMark: count('items', { min: 1 }),
} satisfies OptionTable<StreamOptions & { useCache?: unknown; stringifiedData?: unknown }>;

/** The options that were given. Throws `InvalidOptionsError`. */
export function checkInvokeOptions(options: unknown): InvokeOptions {
  return options === undefined ? {} : checkOptions<InvokeOptions>(invokeTable, options, 'invoke()');
}

/** The same of `stream()`. */
export function checkStreamOptions(options: unknown): StreamOptions {
  return options === undefined ? {} : checkOptions<StreamOptions>(streamTable, options, 'stream()');
}
