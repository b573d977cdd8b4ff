import type { AGServerSocket } from '../socket/server-socket.js';

// Messages of tracing name the socket that they are about, and the rooms that send them must not import it.
declare module '../tracing/messages.js' {
  interface HandshakeTrace {
    readonly socket: AGServerSocket;
  }

  interface CallTrace {
    readonly socket: AGServerSocket;
  }

  interface PublishTrace {
    /** Whose client publishes; `undefined`: the server itself. */
    readonly socket: AGServerSocket | undefined;
  }

  interface RecoveryTrace {
    /** `undefined`: it is the exchange that comes back. */
    readonly socket: AGServerSocket | undefined;
  }
}
