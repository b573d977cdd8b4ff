import { isLegalCloseCode, protocolEvents } from '@asyngular/protocol';
import { isRecord } from '@asyngular/protocol/internal';
import { isUserId } from './users.js';

/** A value on its way between servers: the codec's message of a packet that has it as data. */
export type Payload = string | { readonly base64: string };

/** Which sockets: those that fit all that is given. */
export interface SocketFilter {
  readonly user?: string | undefined;
  readonly channel?: string | undefined;
}

/** Something done to sockets; the answer says to how many. */
export type ReachRequest =
  | {
      readonly do: 'transmit';
      readonly user: string;
      readonly name: string;
      readonly data: Payload;
    }
  | { readonly do: 'publish'; readonly user: string; readonly message: Payload }
  | {
      readonly do: 'kickOut';
      readonly user: string;
      readonly channel: string;
      readonly message: Payload;
    }
  | ({
      readonly do: 'disconnect';
      readonly code: number;
      readonly reason: string;
    } & SocketFilter);

/** A call of a user's devices; the answer is that of the first one. */
export interface DeviceRequest {
  readonly do: 'invoke';
  readonly user: string;
  readonly name: string;
  readonly data: Payload;
  readonly timeoutMs: number;
}

/** A part of the list of sockets, in the order in which they opened. */
export interface ListRequest extends SocketFilter {
  readonly do: 'list';
  readonly limit: number;
  readonly after?: SocketPlace | undefined;
}

export type PeopleRequest = ReachRequest | DeviceRequest | ListRequest;

/** Where a socket stands in the list of its server. */
export interface SocketPlace {
  /** When it opened, in ms since its server started. */
  readonly openedAt: number;
  readonly id: string;
}

/** A socket, as other servers know it. */
export interface ListedSocket extends SocketPlace {
  readonly userId?: string | undefined;
  /** When it opened, in ms since the epoch. */
  readonly since: number;
  readonly address?: string | undefined;
}

/** What a server answers. */
export interface PeopleAnswer {
  /** Sockets that were reached. */
  readonly count?: number | undefined;
  /** `list`. */
  readonly sockets?: readonly ListedSocket[] | undefined;
  readonly hasMore?: boolean | undefined;
  /** `invoke`: what a device answered. */
  readonly payload?: Payload | undefined;
  /** What could not be done, as errors travel. */
  readonly error?: unknown;
  /** More follows. */
  readonly isPart?: boolean | undefined;
}

/** What servers say to each other about people. */
export type PeopleMessage =
  | { readonly ask: number; readonly request: PeopleRequest }
  | { readonly re: number; readonly answer: PeopleAnswer };

/** Longest list that one server answers with. */
export const MAX_LISTED = 1_000;
/** Longest name of a channel, a receiver or a procedure. */
const MAX_NAME = 1_000;

const reserved: ReadonlySet<string> = new Set(Object.values(protocolEvents));

/** Whether an application may send a message of that name; the protocol's own say what only the server may say. */
export function isMessageName(name: unknown): name is string {
  return isName(name) && !reserved.has(name);
}

/** Reads what another server sent; `undefined` for anything but these messages. */
export function parsePeopleMessage(value: unknown): PeopleMessage | undefined {
  if (!isRecord(value)) return undefined;
  const { ask, re } = value;
  if (isCount(ask)) {
    const request = isRecord(value.request) ? parseRequest(value.request) : undefined;
    return request && { ask, request };
  }
  if (!isCount(re) || !isRecord(value.answer)) return undefined;
  const answer = parseAnswer(value.answer);
  return answer && { re, answer };
}

function parseRequest(given: Record<string, unknown>): PeopleRequest | undefined {
  const { user, channel, name, data, message, code, reason, timeoutMs, limit } = given;
  switch (given.do) {
    case 'transmit':
      if (!isUserId(user) || !isMessageName(name) || !isPayload(data)) return undefined;
      return { do: 'transmit', user, name, data };
    case 'publish':
      return isUserId(user) && isPayload(message) ? { do: 'publish', user, message } : undefined;
    case 'kickOut':
      if (!isUserId(user) || !isName(channel) || !isPayload(message)) return undefined;
      return { do: 'kickOut', user, channel, message };
    case 'disconnect':
      if (!isFilter(given) || !isLegalCloseCode(code) || typeof reason !== 'string') {
        return undefined;
      }
      return { do: 'disconnect', user: given.user, channel: given.channel, code, reason };
    case 'invoke':
      if (!isUserId(user) || !isMessageName(name) || !isPayload(data)) return undefined;
      return isCount(timeoutMs) ? { do: 'invoke', user, name, data, timeoutMs } : undefined;
    case 'list': {
      const after = given.after === undefined ? undefined : parsePlace(given.after);
      if (!isFilter(given) || !isCount(limit) || limit > MAX_LISTED) return undefined;
      if (given.after !== undefined && after === undefined) return undefined;
      return { do: 'list', user: given.user, channel: given.channel, limit, after };
    }
    default:
      return undefined;
  }
}

function parseAnswer(given: Record<string, unknown>): PeopleAnswer | undefined {
  const { count, sockets, hasMore, payload, error, isPart } = given;
  if (count !== undefined && !isCount(count)) return undefined;
  if (payload !== undefined && !isPayload(payload)) return undefined;
  let listed: readonly ListedSocket[] | undefined;
  if (sockets !== undefined) {
    if (!Array.isArray(sockets) || sockets.length > MAX_LISTED) return undefined;
    listed = sockets.map(parseListed).filter((socket) => socket !== undefined);
    if (listed.length < sockets.length) return undefined;
  }
  return {
    count,
    sockets: listed,
    hasMore: hasMore === true,
    payload,
    error,
    isPart: isPart === true,
  };
}

function parseListed(value: unknown): ListedSocket | undefined {
  const place = parsePlace(value);
  if (place === undefined) return undefined;
  const { userId, since, address } = value as Record<string, unknown>;
  if (userId !== undefined && !isUserId(userId)) return undefined;
  if (typeof since !== 'number' || !(since >= 0)) return undefined;
  if (address !== undefined && !isName(address)) return undefined;
  return { ...place, userId, since, address };
}

function parsePlace(value: unknown): SocketPlace | undefined {
  if (!isRecord(value)) return undefined;
  const { openedAt, id } = value;
  const isPlace = typeof openedAt === 'number' && openedAt >= 0 && isName(id) && id !== '';
  return isPlace ? { openedAt, id: id as string } : undefined;
}

function isFilter(value: Record<string, unknown>): value is Record<string, unknown> & SocketFilter {
  const { user, channel } = value;
  return (user === undefined || isUserId(user)) && (channel === undefined || isName(channel));
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_NAME;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isPayload(value: unknown): value is Payload {
  if (typeof value === 'string') return true;
  return isRecord(value) && typeof value.base64 === 'string';
}
