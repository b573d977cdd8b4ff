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

/** Reads a `#handshake`; missing data or a token that is no text counts as no token. */
export function parseHandshakeRequest(data: unknown): HandshakeRequest {
  const { authToken, ext } = membersOf(data);
  return { authToken: typeof authToken === 'string' ? authToken : null, ext };
}

/** Reads a handshake reply; `undefined` when it has no id (the handshake then failed, P4.5). */
export function parseHandshakeReply(data: unknown): HandshakeReply | undefined {
  const { id, pingTimeout, isAuthenticated, authError } = membersOf(data);
  if (typeof id !== 'string' || !id) {
    return undefined;
  }
  return {
    id,
    pingTimeout: pingTimeout > 0 ? Math.min(pingTimeout, MAX_TIMEOUT_MS) : undefined,
    isAuthenticated: isAuthenticated === true,
    authError,
  };
}

/** Reads an `#authenticate` reply; `undefined` unless it says yes or no (P5.4: nothing changes then). */
export function parseAuthenticateReply(data: unknown): AuthenticateReply | undefined {
  const { isAuthenticated, authError } = membersOf(data);
  return typeof isAuthenticated === 'boolean' ? { isAuthenticated, authError } : undefined;
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
  const { channel, data } = membersOf(publication);
  return typeof channel === 'string' ? { channel, data } : undefined;
}

/** Reads a `#kickOut`; `undefined` when the channel is no text. */
export function parseKickOut(data: unknown): KickOut | undefined {
  const { channel, message } = membersOf(data);
  return typeof channel === 'string' ? { channel, message } : undefined;
}

/** Reads an `#interruption`; `undefined` when a time is no number. */
export function parseInterruption(data: unknown): Interruption | undefined {
  const { channel, since, until, reason } = membersOf(data);
  return typeof since === 'number' && typeof until === 'number'
    ? { channel: channel && String(channel), since, until, reason }
    : undefined;
}

/** Reads a `#setAuthToken`: the signed token; `undefined` when it is no text (P5.6: nothing changes). */
export function parseSetAuthToken(data: unknown): string | undefined {
  const { token } = membersOf(data);
  return typeof token === 'string' ? token : undefined;
}

/** Reads version 1's `#disconnect`; a code that is no number counts as none. */
export function parseDisconnectNotice(notice: unknown): DisconnectNotice {
  const { code, data } = membersOf(notice);
  return { code: typeof code === 'number' ? code : undefined, data };
}

/** The value as something whose members can be looked at, whatever a peer sent. */
function membersOf(data: unknown): any {
  return Object(data);
}
