import { type AGClientSocket, create } from '@asyngular/client';
import { useEffect, useState } from 'react';
import { BoardPage } from './board-page.js';
import { type KanbanApi, SocketProvider } from './hooks.js';
import { LoginForm } from './login-form.js';
import { loadUser, logOut, type User, watchLogin } from './session.js';

interface Session {
  readonly user: User;
  readonly socket: AGClientSocket<KanbanApi>;
  /** The server takes it no longer. What waits to be sent is with the socket, and waits for the next login. */
  readonly isOver: boolean;
}

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

  useEffect(() => {
    if (!session || session.isOver) return;
    const { socket } = session;
    return watchLogin(socket, () => {
      socket.disconnect();
      setSession((now) => (now === session ? { ...session, isOver: true } : now));
    });
  }, [session]);

  if (session === undefined) return null;
  if (session === null) return <LoginForm onLogin={(user) => setSession(start(user))} />;
  if (session.isOver) {
    return (
      <LoginForm
        name={session.user.name}
        onLogin={(user) => {
          session.socket.connect();
          setSession({ ...session, user, isOver: false });
        }}
      />
    );
  }
  const leave = async () => {
    await logOut();
    session.socket.disconnect();
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
  return { user, socket, isOver: false };
}
