import { type AGClientSocket, consume } from '@asyngular/client';

/** Who is logged in; the id is what the board's presence knows a person by. */
export interface User {
  readonly id: string;
  readonly name: string;
}

/** Who this browser is logged in as; null for nobody. Rejects when the server does not answer. */
export async function loadUser(): Promise<User | null> {
  const response = await fetch('/me');
  if (!response.ok) throw new Error(`The server answers with ${response.status}`);
  return response.json();
}

/** Calls back when a connection has ended because the login has: it is too old, or was ended in another window. */
export function watchLogin(socket: AGClientSocket, onEnd: () => void): () => void {
  return consume(socket.listener('close'), async () => {
    // Without an answer, the login is not to blame.
    const isOver = await loadUser().then(
      (user) => user === null,
      () => false,
    );
    if (isOver) onEnd();
  });
}

/** Rejects with a sentence for the person. */
export async function logIn(name: string): Promise<User> {
  const response = await fetch('/login', { method: 'POST', body: new URLSearchParams({ name }) });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.message);
  return answer;
}

/** Rejects when the server does not answer: only it can take back the cookie. */
export async function logOut(): Promise<void> {
  const response = await fetch('/logout', { method: 'POST' });
  if (!response.ok) throw new Error(`The server answers with ${response.status}`);
}
