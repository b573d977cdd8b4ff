import type { AGClientSocket } from '@asyngular/client';
import type { SocketEvents } from '../channel/socket-events.js';
import type { Needs } from '../needs.js';
import type { Source } from '../shared/shared-stores.js';
import type { Store } from '../shared/store.js';

/**
 * How the connection stands: `connecting` for the first time, `open`, `offline` while the socket tries to come back, or
 * `closed` for good, until `connect()`.
 */
export type ConnectionStatus = 'connecting' | 'open' | 'offline' | 'closed';

/** What is known of the connection. */
export interface ConnectionSnapshot {
  readonly status: ConnectionStatus;
  /** The id that the server gave this connection; null unless open. */
  readonly id: string | null;
  /** Why there is none: what the last attempt failed with, or the connection ended with; null while open. */
  readonly error: Error | null;
  /** Automatic attempts since the last connection. */
  readonly attempts: number;
}

const initialConnection: ConnectionSnapshot = {
  status: 'connecting',
  id: null,
  error: null,
  attempts: 0,
};

function startConnection(
  socket: AGClientSocket,
  events: SocketEvents,
  changed: () => void,
): Source<ConnectionSnapshot> {
  let error: Error | null = null;
  let wasOpen = socket.state === 'open';
  const stop = events.watch((event) => {
    if (event.type === 'close') {
      const { code, reason, cause } = event.payload;
      error = cause ?? new Error(`The connection was closed with ${code} ${reason}`);
    } else if (event.type === 'connect') {
      error = null;
      wasOpen = true;
    }
    changed();
  });

  function status(): ConnectionStatus {
    if (socket.state === 'open') {
      return 'open';
    }
    const isTrying = socket.state === 'connecting' || socket.pendingReconnect;
    if (!isTrying) {
      return 'closed';
    }
    return wasOpen || error ? 'offline' : 'connecting';
  }

  return {
    read: () => ({ status: status(), id: socket.id, error, attempts: socket.connectAttempts }),
    stop,
  };
}

/** Of the connection. */
export type ConnectionStore = Store<ConnectionSnapshot>;

export function openConnection({ socket, events, shared }: Needs): ConnectionStore {
  return shared.open('connection', initialConnection, (changed) =>
    startConnection(socket, events, changed),
  );
}
