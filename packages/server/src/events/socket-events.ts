import type { SubscriptionOptions } from '@asyngular/channels';
import type { AuthTokenOf } from '@asyngular/protocol/internal';
import type { RateKind, RateScope } from '../limits/rate-limits.js';

/** `'connecting'` until the handshake is complete, then `'open'`, then `'closed'` for good. */
export type SocketState = 'connecting' | 'open' | 'closed';
/** Whether a socket has a valid token. */
export type AuthState = 'authenticated' | 'unauthenticated';

/** How the handshake ended well. */
export interface ConnectStatus {
  /** Id of the socket, new for every connection. */
  id: string;
  /** What the client was told, in ms. */
  pingTimeout: number;
  isAuthenticated: boolean;
  /** Why the token that the client presented was not accepted. */
  authError?: Error;
}

/** How a socket ended. */
export interface CloseStatus {
  code: number;
  /**
   * As the client or `disconnect()` gave it, else the code's table text, else `''`. A JSON object from
   * the client arrives as that object (P9.2, P9.4).
   */
  reason: any;
}

/** A socket became authenticated, or ceased to be. */
export interface AuthStateChange<Api = any> {
  oldAuthState: AuthState;
  newAuthState: AuthState;
  /** Only when the new state is `'authenticated'`. */
  authToken?: AuthTokenOf<Api> | null;
}

/** A rate has used up three quarters of its burst; at the end of it the socket is closed with 1008. */
export interface LimitEvent {
  limit: RateKind;
  /** Whose limit: the socket's own, or that of all sockets of its address. */
  scope: RateScope;
}

/** Events of one socket: `socket.listener(name)`. */
export interface SocketEvents<Api = any> {
  /** Any problem of this socket; the server's `warning` carries the same object. */
  error: { error: Error };
  /** Every frame, before it is decoded. */
  message: { message: string | Buffer };
  /** A message that is no packet. */
  raw: { message: string | Buffer };
  connect: ConnectStatus;
  /** Closed before the handshake was complete. */
  connectAbort: CloseStatus;
  /** Closed after the handshake was complete. */
  disconnect: CloseStatus;
  /** Closed, in either case. */
  close: CloseStatus;
  /** Nothing more will come; the streams are ended after it. */
  end: undefined;
  /** `byServer`: by `joinChannel()`. */
  subscribe: { channel: string; subscriptionOptions: SubscriptionOptions; byServer?: true };
  unsubscribe: { channel: string };
  authTokenSigned: { signedAuthToken: string };
  authStateChange: AuthStateChange<Api>;
  authenticate: { authToken: AuthTokenOf<Api> | null };
  /** Also when there was no token to lose. */
  deauthenticate: { oldAuthToken: AuthTokenOf<Api> | null };
  badAuthToken: { authError: Error; signedAuthToken: string };
  /** Unsent bytes have risen above `outboundHighWaterMark`: the client does not keep up. */
  backpressure: { bufferedBytes: number };
  /** They have fallen to half of it: send on. Alternates with `backpressure`. */
  drain: { bufferedBytes: number };
  limit: LimitEvent;
}

/** Events that the server has, too: under a name of its own, with the socket, right after the socket's. */
export type SharedEvent = Exclude<
  keyof SocketEvents,
  'error' | 'message' | 'raw' | 'end' | 'backpressure' | 'drain'
>;
