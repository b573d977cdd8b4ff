import { isCodeWithin } from './close-codes.js';
import { hydrateError } from './error-wire.js';
import { agreedExtensions, type Extensions } from './extensions.js';
import { membersOf } from './own.js';
import { positionOf } from './recovery-payloads.js';

/** Data of `#handshake`: the stored token, and extensions on offer (P4.1, P12.1). */
export interface HandshakeRequest {
  /** The signed token, null for none, or a value other than text, which verification refuses (P4.2). */
  readonly authToken: unknown;
  /** What the client offers, for `negotiateExtensions` to read. */
  readonly ext: unknown;
}

/** Data of the reply to `#handshake` (P4.3). */
export interface HandshakeReply {
  /** The server's name for this connection. */
  readonly id: string;
  /** Milliseconds without a ping after which the client gives up; undefined: keep our own limit. */
  readonly pingTimeout: number | undefined;
  readonly isAuthenticated: boolean;
  /** Why the token was refused; null when none was sent or it was accepted. */
  readonly authError: Error | null;
  /** What both sides named: nothing else may be used on this connection (P12.3). */
  readonly extensions: Extensions;
}

/** Data of the reply to `#authenticate` (P5.2). */
export interface AuthenticateReply {
  readonly isAuthenticated: boolean;
  /** Why the token was refused; null when it was accepted. */
  readonly authError: Error | null;
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
  /** Deliveries of recoverable channels: the position without its epoch (P14.8). */
  readonly place: string | undefined;
}

/** Data of `#kickOut` (P6.12). */
export interface KickOut {
  readonly channel: string;
  readonly message: unknown;
}

/** Data of `#interruption` (P12.6, P14.11). */
export interface Interruption {
  /** Undefined: every channel of the socket. */
  readonly channel: string | undefined;
  readonly since: number;
  readonly until: number;
  /** Empty when the server gave none. */
  readonly reason: string;
  /** Recoverable channels: where the subscription goes on. */
  readonly position: string | undefined;
}

/** Data of version 1's `#disconnect` (P11.4). */
export interface DisconnectNotice {
  /** An integer from 1000 to 4999; undefined when there is none. */
  readonly code: number | undefined;
  readonly data: unknown;
}

/** Longest delay that a timer takes; longer ones would fire at once (P2.7). */
export const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** Reads a `#handshake`; one without data has no token. As with peers, neither have `''`, 0 and false (P4.2). */
export function parseHandshakeRequest(data: unknown): HandshakeRequest {
  const { authToken, ext } = membersOf(data);
  return { authToken: authToken || null, ext };
}

/**
 * Reads a handshake reply; `undefined` when it has no id (the handshake then failed, P4.5). `offered` are the
 * extensions that the request named.
 */
export function parseHandshakeReply(
  data: unknown,
  offered: Extensions,
): HandshakeReply | undefined {
  const { id, pingTimeout, isAuthenticated, authError, ext } = membersOf(data);
  if (typeof id !== 'string' || !id) {
    return undefined;
  }
  return {
    id,
    pingTimeout:
      typeof pingTimeout === 'number' && pingTimeout > 0
        ? Math.min(pingTimeout, MAX_TIMEOUT_MS)
        : undefined,
    isAuthenticated: isAuthenticated === true,
    authError: parseAuthError(authError),
    extensions: agreedExtensions(offered, ext),
  };
}

/** Reads an `#authenticate` reply; `undefined` unless it says yes or no (P5.4: nothing changes then). */
export function parseAuthenticateReply(data: unknown): AuthenticateReply | undefined {
  const { isAuthenticated, authError } = membersOf(data);
  return typeof isAuthenticated === 'boolean'
    ? { isAuthenticated, authError: parseAuthError(authError) }
    : undefined;
}

/** Reads a `#subscribe`: an object with a channel name, or the name alone as version 1 sends it. */
export function parseSubscribeRequest(request: unknown): SubscribeRequest | undefined {
  if (typeof request === 'string') {
    return { channel: request, waitForAuth: false, data: undefined };
  }
  const { channel, waitForAuth, data } = membersOf(request);
  return typeof channel === 'string'
    ? { channel, waitForAuth: waitForAuth === true, data }
    : undefined;
}

/** Reads an `#unsubscribe`: the channel name. The empty string is a legal name. */
export function parseUnsubscribeRequest(data: unknown): string | undefined {
  return typeof data === 'string' ? data : undefined;
}

/** Reads a `#publish`; `undefined` when the channel is no text. */
export function parsePublication(publication: unknown): Publication | undefined {
  const { channel, data, p } = membersOf(publication);
  return typeof channel === 'string' ? { channel, data, place: positionOf(p) } : undefined;
}

/** Reads a `#kickOut`; `undefined` when the channel is no text. */
export function parseKickOut(data: unknown): KickOut | undefined {
  const { channel, message } = membersOf(data);
  return typeof channel === 'string' ? { channel, message } : undefined;
}

/**
 * Reads an `#interruption`; `undefined` when a time is no finite number, or the channel neither a text nor
 * absent (null counts as absent). A reason or a position other than text counts as none.
 */
export function parseInterruption(data: unknown): Interruption | undefined {
  const { channel, since, until, reason, position } = membersOf(data);
  if (!isTime(since) || !isTime(until)) {
    return undefined;
  }
  if (channel !== undefined && channel !== null && typeof channel !== 'string') {
    return undefined;
  }
  return {
    channel: channel ?? undefined,
    since,
    until,
    reason: typeof reason === 'string' ? reason : '',
    position: positionOf(position),
  };
}

/** Reads a `#setAuthToken`: the signed token; `undefined` when it is no text (P5.6: nothing changes). */
export function parseSetAuthToken(data: unknown): string | undefined {
  const { token } = membersOf(data);
  return typeof token === 'string' ? token : undefined;
}

/** Reads version 1's `#disconnect`; a code that closes nothing, such as 5 or '1000', counts as none. */
export function parseDisconnectNotice(notice: unknown): DisconnectNotice {
  const { code, data } = membersOf(notice);
  return { code: isCodeWithin(1000, code, 4999) ? code : undefined, data };
}

/** An error member of a reply: whatever the peer made of it, the application gets an `Error`, or null for none. */
function parseAuthError(value: unknown): Error | null {
  const error = hydrateError(value);
  return error === null || error instanceof Error ? error : new Error(String(error));
}

function isTime(value: unknown): value is number {
  return Number.isFinite(value);
}
