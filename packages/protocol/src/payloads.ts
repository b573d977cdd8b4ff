import { isRecord, readOwn, type UnknownRecord } from './own.js';

/** Data of `#handshake`: the stored token, and extensions on offer (P4.1, P12.1). */
export interface HandshakeRequest {
  readonly authToken: string | null;
  readonly ext: unknown;
}

/** Data of the reply to `#handshake` (P4.3). */
export interface HandshakeReply {
  /** The server's name for this connection. */
  readonly id: string;
  /** Milliseconds without a ping after which the client gives up; undefined: keep our own limit. */
  readonly pingTimeout: number | undefined;
  readonly isAuthenticated: boolean;
  /** Why the token was refused, as it travelled; undefined when none was sent or it was accepted. */
  readonly authError: unknown;
  readonly ext: unknown;
}

/** Data of the reply to `#authenticate` (P5.2). */
export interface AuthenticateReply {
  readonly isAuthenticated: boolean;
  readonly authError: unknown;
}

/** Data of `#subscribe` (P6.1). */
export interface SubscribeRequest {
  readonly channel: string;
  readonly waitForAuth: boolean;
  readonly data: unknown;
}

/** Data of `#publish`, either way (P6.7). */
export interface Publication {
  readonly channel: string;
  readonly data: unknown;
}

/** Data of `#kickOut` (P6.12). */
export interface KickOut {
  readonly channel: string;
  readonly message: unknown;
}

/** Data of `#interruption` (P12.6). */
export interface Interruption {
  /** Undefined: every channel of the socket. */
  readonly channel: string | undefined;
  readonly since: number;
  readonly until: number;
  readonly reason: string;
}

/** Data of version 1's `#disconnect` (P11.4). */
export interface DisconnectNotice {
  readonly code: number | undefined;
  readonly data: unknown;
}

/** Longest delay that a timer takes; longer ones would fire at once (P2.7). */
export const MAX_TIMEOUT_MS = 2 ** 31 - 1;

const none: UnknownRecord = {};

/** The member of that name of a JSON object; `undefined` of anything else. */
function read(data: unknown, key: string): unknown {
  return readOwn(isRecord(data) ? data : none, key);
}

function readText(data: unknown, key: string): string | undefined {
  const value = read(data, key);
  return typeof value === 'string' ? value : undefined;
}

/** Reads a `#handshake`; missing data or a token that is no text counts as no token. */
export function parseHandshakeRequest(data: unknown): HandshakeRequest {
  return { authToken: readText(data, 'authToken') ?? null, ext: read(data, 'ext') };
}

/** Reads a handshake reply; `undefined` when it has no id (the handshake then failed, P4.5). */
export function parseHandshakeReply(data: unknown): HandshakeReply | undefined {
  const id = readText(data, 'id');
  if (!id) {
    return undefined;
  }
  const pingTimeout = read(data, 'pingTimeout');
  return {
    id,
    pingTimeout:
      typeof pingTimeout === 'number' && pingTimeout > 0
        ? Math.min(pingTimeout, MAX_TIMEOUT_MS)
        : undefined,
    isAuthenticated: read(data, 'isAuthenticated') === true,
    authError: read(data, 'authError') ?? undefined,
    ext: read(data, 'ext'),
  };
}

/** Reads an `#authenticate` reply; `undefined` unless it says yes or no (P5.4: nothing changes then). */
export function parseAuthenticateReply(data: unknown): AuthenticateReply | undefined {
  const isAuthenticated = read(data, 'isAuthenticated');
  return typeof isAuthenticated === 'boolean'
    ? { isAuthenticated, authError: read(data, 'authError') ?? undefined }
    : undefined;
}

/** Reads a `#subscribe`: an object with a channel name, or the name alone as version 1 sends it. */
export function parseSubscribeRequest(data: unknown): SubscribeRequest | undefined {
  if (typeof data === 'string') {
    return { channel: data, waitForAuth: false, data: undefined };
  }
  const channel = readText(data, 'channel');
  return channel !== undefined
    ? {
        channel,
        waitForAuth: read(data, 'waitForAuth') === true,
        data: read(data, 'data'),
      }
    : undefined;
}

/** Reads an `#unsubscribe`: the channel name. The empty string is a legal name. */
export function parseUnsubscribeRequest(data: unknown): string | undefined {
  return typeof data === 'string' ? data : undefined;
}

/** Reads a `#publish`; `undefined` when the channel is no text. */
export function parsePublication(data: unknown): Publication | undefined {
  const channel = readText(data, 'channel');
  return channel !== undefined ? { channel, data: read(data, 'data') } : undefined;
}

/** Reads a `#kickOut`; `undefined` when the channel is no text. */
export function parseKickOut(data: unknown): KickOut | undefined {
  const channel = readText(data, 'channel');
  return channel !== undefined ? { channel, message: read(data, 'message') } : undefined;
}

/** Reads an `#interruption`; `undefined` when a time is no number. */
export function parseInterruption(data: unknown): Interruption | undefined {
  const since = read(data, 'since');
  const until = read(data, 'until');
  return typeof since === 'number' && typeof until === 'number'
    ? { channel: readText(data, 'channel'), since, until, reason: readText(data, 'reason') ?? '' }
    : undefined;
}

/** Reads a `#setAuthToken`: the signed token; `undefined` when it is no text (P5.6: nothing changes). */
export function parseSetAuthToken(data: unknown): string | undefined {
  return readText(data, 'token');
}

/** Reads version 1's `#disconnect`; a code that is no number counts as none. */
export function parseDisconnectNotice(data: unknown): DisconnectNotice {
  const code = read(data, 'code');
  return {
    code: typeof code === 'number' ? code : undefined,
    data: read(data, 'data'),
  };
}
