import type { SubscriptionOptions } from '@asyngular/channels';
import type { AuthTokenOf } from '@asyngular/protocol/internal';
import type { RateKind } from '../limits/rate-limits.js';
import type { AuthState } from '../session/session.js';
import type { AGServerSocket } from '../socket/server-socket.js';

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
  scope: 'socket' | 'address';
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
  subscribe: { channel: string; subscriptionOptions: SubscriptionOptions };
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

type WithSocket<Api, T> = T & { socket: AGServerSocket<Api> };

/** Events of the server: `server.listener(name)`. */
export interface ServerEvents<Api = any> {
  /** The broker is connected; one macrotask after the start with the default broker. */
  ready: Record<string, never>;
  /** The engine failed as a whole. */
  error: { error: Error };
  /** Every socket's errors, refused upgrades, middleware and broker failures. */
  warning: { warning: Error };
  /** A socket came into being; its handshake has not begun. */
  handshake: { socket: AGServerSocket<Api> };
  connection: WithSocket<Api, ConnectStatus>;
  connectionAbort: WithSocket<Api, CloseStatus>;
  disconnection: WithSocket<Api, CloseStatus>;
  closure: WithSocket<Api, CloseStatus>;
  subscription: WithSocket<Api, SocketEvents<Api>['subscribe']>;
  unsubscription: WithSocket<Api, SocketEvents<Api>['unsubscribe']>;
  authTokenSigned: WithSocket<Api, SocketEvents<Api>['authTokenSigned']>;
  authentication: WithSocket<Api, SocketEvents<Api>['authenticate']>;
  deauthentication: WithSocket<Api, SocketEvents<Api>['deauthenticate']>;
  authenticationStateChange: WithSocket<Api, AuthStateChange<Api>>;
  badSocketAuthToken: WithSocket<Api, SocketEvents<Api>['badAuthToken']>;
  /** Some rate of the socket, or of its address, is close to its limit. */
  limit: WithSocket<Api, LimitEvent>;
}

/** Events of the exchange: `server.exchange.listener(name)`. */
export interface ExchangeEvents {
  subscribe: { channel: string };
  unsubscribe: { channel: string };
  /**
   * Publications of other servers between the two times (ms since the epoch) may be missing, on one
   * channel or, without `channel`, on all. Each channel has the event too.
   */
  interruption: { channel: string | undefined; since: number; until: number; reason: string };
}
