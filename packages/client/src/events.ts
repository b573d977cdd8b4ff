import type { ChannelState, SubscriptionOptions } from '@asyngular/channels';

/** Code and reason of a closed connection. */
export interface CloseEvent {
  /** WebSocket close code; see the table in docs/protocol.md. */
  code: number;
  /**
   * What `disconnect()` was given (undefined if nothing), else the peer's reason, else the code's
   * table text, else `''`. A JSON object in the peer's reason arrives as that object.
   */
  reason: any;
  /**
   * Why: a `ConnectionError` if no connection could be made, or the error that ended the handshake. Absent when
   * there is no more to say than code and reason do.
   */
  cause?: Error;
}

/** Payload of `connect`. */
export interface ConnectEvent {
  /** The id the server gave this connection; new for every connection. */
  id: string;
  /** Longest silence between two pings, ms, as the server announced it. */
  pingTimeout: number;
  isAuthenticated: boolean;
  /** The signed token that was sent with the handshake, or null. */
  authToken: string | null;
  /** Why the server refused the token that was sent. */
  authError?: Error;
  /** Sends the pending subscriptions; needed only with `autoSubscribeOnConnect: false`. */
  processPendingSubscriptions: () => void;
  /** The same function under its other documented name. */
  processSubscriptions: () => void;
}

/** Payload of `migrated`. */
export interface MigratedEvent {
  /** The id that the former server gave the socket. */
  oldId: string;
  /** That of the server that it is connected to now. */
  id: string;
  /** From the first step to this event, ms. */
  duration: number;
}

/** Payload of `authStateChange`: the tokens come only with the change to `authenticated`. */
export interface AuthStateChangeEvent<AuthToken = any> {
  oldAuthState: AuthState;
  newAuthState: AuthState;
  signedAuthToken?: string;
  authToken?: AuthToken;
}

/** Whether the server accepts the socket's token, as far as is known. */
export type AuthState = 'authenticated' | 'unauthenticated';

/** `connecting` lasts until the handshake is answered. */
export type SocketState = 'connecting' | 'open' | 'closed';

/** Payload of `subscribeStateChange`; the options come only with `pending` → `subscribed`. */
export interface SubscribeStateChangeEvent {
  channel: string;
  oldChannelState: ChannelState;
  newChannelState: ChannelState;
  subscriptionOptions?: SubscriptionOptions;
}

/** Events of the client socket: name → payload. Listen with `socket.listener(name)`. */
export interface ClientEvents<AuthToken = any> {
  /** An attempt to connect starts, automatic ones included. */
  connecting: Record<string, never>;
  /** The handshake is done; the subscriptions are on their way. */
  connect: ConnectEvent;
  /** An open connection ended, by either side. */
  disconnect: CloseEvent;
  /** An attempt failed or was given up before the handshake was done. */
  connectAbort: CloseEvent;
  /** The socket goes on with another server, because its own leaves: it was never without a connection. */
  migrated: MigratedEvent;
  /** Follows every `disconnect` and `connectAbort`. */
  close: CloseEvent;
  /** Anything that went wrong outside a call. Without a listener it is dropped; nothing is thrown. */
  error: { error: any };
  /** A message that is not a packet. */
  raw: { message: any };
  /** Every inbound message before it is interpreted, heartbeats included. */
  message: { message: any };
  /** The server removed this socket from a channel. */
  kickOut: { channel: string; message?: any };
  /** A `#subscribe` was sent. */
  subscribeRequest: { channel: string; subscriptionOptions: SubscriptionOptions };
  /** The server confirmed a subscription, or, `byServer`, made it without being asked. */
  subscribe: { channel: string; subscriptionOptions: SubscriptionOptions; byServer?: true };
  /** The server refused a subscription; never because of a lost connection. */
  subscribeFail: { error: any; channel: string; subscriptionOptions: SubscriptionOptions };
  /** A channel left the subscribed state: `unsubscribe()`, kick-out or connection loss. */
  unsubscribe: { channel: string };
  /** Members of a channel cannot be seen, or the server refused this client as one; see the channel's event. */
  presenceFail: { channel: string; error: any };
  /** Every transition of a channel, before the event that names it. */
  subscribeStateChange: SubscribeStateChangeEvent;
  /** The socket became authenticated or unauthenticated. */
  authStateChange: AuthStateChangeEvent<AuthToken>;
  /** Every successful authentication, also when already authenticated. */
  authenticate: { signedAuthToken: string; authToken: AuthToken };
  /** The socket was authenticated and no longer is. */
  deauthenticate: { oldSignedAuthToken: string | null; oldAuthToken: AuthToken | null };
  /** The stored token was removed; `oldAuthToken` is what the auth engine resolved to. */
  removeAuthToken: { oldAuthToken: string | null };
  /** Bytes that wait in the WebSocket have risen above `outboundHighWaterMark`: the network does not keep up. */
  backpressure: { bufferedBytes: number };
  /** They have fallen to half of that, or the connection is gone. Alternates with `backpressure`. */
  drain: { bufferedBytes: number };
  /**
   * A transmit that will never be sent: the connection was given up, its own `ackTimeout` passed,
   * the unsent buffer was full, or a batch holding it was discarded. `error` says which of them it was.
   */
  transmitDropped: { event: string; data: any; error: Error };
}

/** How the parts of a socket announce events. */
export type EmitEvent = <Name extends keyof ClientEvents>(
  name: Name,
  payload: ClientEvents[Name],
) => void;
