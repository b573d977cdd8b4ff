import { type AGClientSocket, create } from '@asyngular/client';
import { useEffect, useState } from 'react';
import { BoardPage } from './board-page.js';
import { type KanbanApi, SocketProvider } from './hooks.js';
import { LoginForm } from './login-form.js';
import { loadUser, logOut, type User } from './session.js';

type Session = { readonly user: User; readonly socket: AGClientSocket<KanbanApi> };

/** The login, or the board of who has logged in. */
export function App() {
  const [session, setSession] = useState<Session | null>();

  useEffect(() => {
    // Without a server the login form says so, when it is used.
    loadUser().then(
      (user) => setSession(user ? start(user) : null),
      () => setSession(null),
    );
  }, []);

  if (session === undefined) return null;
  if (session === null) return <LoginForm onLogin={(user) => setSession(start(user))} />;
  const leave = async () => {
    session.socket.disconnect();
    await logOut();
    setSession(null);
  };
  return (
    <SocketProvider socket={session.socket}>
      <BoardPage user={session.user} onLogOut={leave} />
    </SocketProvider>
  );
}

/** The browser sends the cookie of the login with the connection. */
function start(user: User): Session {
  const socket = create<KanbanApi>({
    autoReconnectOptions: { initialDelay: 300, randomness: 700, multiplier: 1.5, maxDelay: 10_000 },
  });
  return { user, socket };
}
