import type { AGServerSocket } from '../socket/server-socket.js';
import type { AGServer } from './server.js';

// Messages of tracing name the server and the socket that they are about, which the rooms that send them must not import.
declare module '../tracing/messages.js' {
  interface HandshakeTrace {
    readonly server: AGServer;
    readonly socket: AGServerSocket;
  }

  interface CallTrace {
    readonly server: AGServer;
    readonly socket: AGServerSocket;
  }

  interface OutgoingCallTrace {
    readonly server: AGServer;
    readonly socket: AGServerSocket;
  }

  interface PublishTrace {
    readonly server: AGServer;
    /** Whose client publishes; `undefined`: the server itself. */
    readonly socket: AGServerSocket | undefined;
  }

  interface RecoveryTrace {
    readonly server: AGServer;
    /** `undefined`: it is the exchange that comes back. */
    readonly socket: AGServerSocket | undefined;
  }
}
