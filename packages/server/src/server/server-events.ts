import type {
  AuthStateChange,
  CloseStatus,
  ConnectStatus,
  LimitEvent,
  SharedEvent,
  SocketEvents,
} from '../events/socket-events.js';
import type { WarningDetails } from '../events/warning-details.js';
import type { ReloadableOption } from '../options/reload-options.js';
import type { AGServerSocket } from '../socket/server-socket.js';

type WithSocket<Api, T> = T & { socket: AGServerSocket<Api> };

/** Events of the server: `server.listener(name)`. */
export interface ServerEvents<Api = any> {
  /** The broker is connected; one macrotask after the start with the default broker. */
  ready: Record<string, never>;
  /** The engine failed as a whole. */
  error: { error: Error };
  /**
   * What went wrong without ending the server: errors of sockets and handlers, refused upgrades, middleware
   * and broker failures, with what is known of what they concern.
   */
  warning: { warning: Error; socket?: AGServerSocket<Api> } & WarningDetails;
  /** `server.reload()` has replaced options: the names of those that have another value now. */
  reload: { changed: readonly ReloadableOption[] };
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

/** What the server calls the events that it shares with its sockets. */
export const serverTwins = {
  connect: 'connection',
  connectAbort: 'connectionAbort',
  disconnect: 'disconnection',
  close: 'closure',
  subscribe: 'subscription',
  unsubscribe: 'unsubscription',
  authTokenSigned: 'authTokenSigned',
  authenticate: 'authentication',
  deauthenticate: 'deauthentication',
  authStateChange: 'authenticationStateChange',
  badAuthToken: 'badSocketAuthToken',
  limit: 'limit',
} as const satisfies Record<SharedEvent, keyof ServerEvents>;
