/** Who is logged in; the id is what the board's presence knows a person by. */
export interface User {
  readonly id: string;
  readonly name: string;
}

/** Who this browser is logged in as; undefined for nobody. */
export async function loadUser(): Promise<User | undefined> {
  const response = await fetch('/me');
  return response.ok ? response.json() : undefined;
}

/** Rejects with a sentence for the person. */
export async function logIn(name: string): Promise<User> {
  const response = await fetch('/login', { method: 'POST', body: new URLSearchParams({ name }) });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.message);
  return answer;
}

export async function logOut(): Promise<void> {
  await fetch('/logout', { method: 'POST' });
}
