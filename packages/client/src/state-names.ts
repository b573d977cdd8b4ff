/** The names of states as constants: of the socket class and of each socket. */
export const stateNames = {
  CONNECTING: 'connecting',
  OPEN: 'open',
  CLOSED: 'closed',
  AUTHENTICATED: 'authenticated',
  UNAUTHENTICATED: 'unauthenticated',
  PENDING: 'pending',
  SUBSCRIBED: 'subscribed',
  UNSUBSCRIBED: 'unsubscribed',
} as const;

export type StateNames = typeof stateNames;
