import type { AGClientSocket, AuthState } from '@asyngular/client';
import type { SocketEvents } from '../channel/socket-events.js';
import type { Needs } from '../needs.js';
import type { Source } from '../shared/shared-stores.js';
import type { Store } from '../shared/store.js';

/** Whether the server accepts this client's token, and what is in it. */
export interface AuthSnapshot<Token = any> {
  readonly status: AuthState;
  /** Payload of the token, not verified here; null when unauthenticated. */
  readonly data: Token | null;
  /** Why the server has refused the token that was kept; null otherwise. */
  readonly error: Error | null;
}

const initialAuth: AuthSnapshot = { status: 'unauthenticated', data: null, error: null };

function startAuth(
  socket: AGClientSocket,
  events: SocketEvents,
  changed: () => void,
): Source<AuthSnapshot> {
  let error: Error | null = null;
  const stop = events.watch(({ type, payload }) => {
    if (type === 'connect') {
      error = payload.authError ?? null;
    } else if (type === 'authenticate') {
      error = null;
    }
    changed();
  });
  return { read: () => ({ status: socket.authState, data: socket.authToken, error }), stop };
}

/** Of the token. */
export type AuthStore<Token = any> = Store<AuthSnapshot<Token>>;

export function openAuth({ socket, events, shared }: Needs): AuthStore {
  return shared.open('auth', initialAuth, (changed) => startAuth(socket, events, changed));
}
