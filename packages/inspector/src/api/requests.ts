import { type ChannelOrder, channelOrders, type SocketOrder, socketOrders } from './snapshots.js';

/** What a list is asked for. */
export interface ListRequest {
  readonly search: string;
  /** The order that an earlier part came from. */
  readonly list: string | undefined;
  readonly offset: number;
  readonly limit: number;
}

/** What the page asks a server for; inspectors pass it on to those of other servers as it is. */
export type InspectorRequest =
  | { readonly view: 'overview' }
  | ({ readonly view: 'sockets'; readonly order: SocketOrder } & ListRequest)
  | { readonly view: 'socket'; readonly id: string }
  | ({ readonly view: 'channels'; readonly order: ChannelOrder } & ListRequest)
  | { readonly view: 'channel'; readonly name: string }
  | {
      readonly view: 'tail';
      readonly of: 'channel' | 'socket';
      readonly name: string;
      /** Number of the last line that is known. */
      readonly after: number;
    }
  | { readonly view: 'forms' }
  | {
      readonly action: 'disconnect';
      readonly id: string;
      readonly code: number;
      readonly reason: string;
    }
  | {
      readonly action: 'kick';
      readonly id: string;
      readonly channel: string;
      readonly message: string;
    }
  | { readonly action: 'publish'; readonly channel: string; readonly data: unknown };

/** Rows of a part. The answer has to fit a message between servers. */
const MAX_ROWS = 50;
/** Longest name of a channel, id or search. */
const MAX_TEXT = 1_000;
/** What a close frame takes, in characters; it is cut to bytes later. */
const MAX_REASON = 123;

/** Reads what came with a request, or from another server; `undefined` for what is none. */
export function parseRequest(value: unknown): InspectorRequest | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const given = value as Record<string, unknown>;
  return given.action === undefined ? parseView(given) : parseAction(given);
}

function parseView(given: Record<string, unknown>): InspectorRequest | undefined {
  switch (given.view) {
    case 'overview':
    case 'forms':
      return { view: given.view };
    case 'sockets': {
      const list = parseList(given);
      const order = parseOneOf(socketOrders, given.order);
      return list && order && { view: 'sockets', order, ...list };
    }
    case 'channels': {
      const list = parseList(given);
      const order = parseOneOf(channelOrders, given.order);
      return list && order && { view: 'channels', order, ...list };
    }
    case 'socket':
      return isName(given.id) ? { view: 'socket', id: given.id } : undefined;
    case 'channel':
      return isName(given.name) ? { view: 'channel', name: given.name } : undefined;
    case 'tail': {
      const { name } = given;
      const after = parseCount(given.after, Number.MAX_SAFE_INTEGER, 0);
      const of = parseOneOf(['channel', 'socket'] as const, given.of);
      if (!isName(name) || after === undefined) return undefined;
      return of && { view: 'tail', of, name, after };
    }
    default:
      return undefined;
  }
}

function parseAction(given: Record<string, unknown>): InspectorRequest | undefined {
  const { id, channel, code, reason = '', message = '', data } = given;
  switch (given.action) {
    case 'disconnect':
      if (!isName(id) || !isCloseCode(code) || !isText(reason, MAX_REASON)) return undefined;
      return { action: 'disconnect', id, code, reason };
    case 'kick':
      if (!isName(id) || !isName(channel) || !isText(message, MAX_TEXT)) return undefined;
      return { action: 'kick', id, channel, message };
    case 'publish':
      return isName(channel) ? { action: 'publish', channel, data } : undefined;
    default:
      return undefined;
  }
}

function parseList(given: Record<string, unknown>): ListRequest | undefined {
  const { search = '', list } = given;
  const offset = parseCount(given.offset, Number.MAX_SAFE_INTEGER, 0);
  const limit = parseCount(given.limit, MAX_ROWS, MAX_ROWS);
  if (!isText(search, MAX_TEXT) || (list !== undefined && !isName(list))) return undefined;
  if (offset === undefined || limit === undefined) return undefined;
  return { search, list, offset, limit };
}

/** Numbers of queries come as text. */
function parseCount(value: unknown, max: number, otherwise: number): number | undefined {
  if (value === undefined) return otherwise;
  const number = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value;
  const isCount = Number.isSafeInteger(number) && (number as number) >= 0;
  return isCount && (number as number) <= max ? (number as number) : undefined;
}

function parseOneOf<Value extends string>(
  values: readonly Value[],
  value: unknown,
): Value | undefined {
  if (value === undefined) return values[0];
  return values.find((one) => one === value);
}

function isName(value: unknown): value is string {
  return isText(value, MAX_TEXT) && value !== '';
}

function isText(value: unknown, maxLength: number): value is string {
  return typeof value === 'string' && value.length <= maxLength;
}

/** The codes that an application may close with. */
function isCloseCode(value: unknown): value is number {
  return (
    value === 1_000 || (Number.isInteger(value) && Number(value) >= 3_000 && Number(value) < 5_000)
  );
}
