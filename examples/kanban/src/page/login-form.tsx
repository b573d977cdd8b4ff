import { type FormEvent, useState } from 'react';
import { logIn, type User } from './session.js';

interface LoginFormProps {
  /** Whose login has ended; undefined for somebody who comes. */
  readonly name?: string;
  readonly onLogin: (user: User) => void;
}

export function LoginForm({ name: before, onLogin }: LoginFormProps) {
  const [message, setMessage] = useState('');

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget).get('name'));
    try {
      onLogin(await logIn(name));
    } catch (error) {
      const isOffline = error instanceof TypeError;
      setMessage(isOffline ? 'The server does not answer. Try again.' : (error as Error).message);
    }
  };

  return (
    <main className="login">
      <form onSubmit={submit} className="fields">
        <h1>Kanban</h1>
        <p>
          {before === undefined
            ? 'One board for everybody. Open it twice, and see each change as it is made.'
            : 'Your login has ended. Log in again: changes that wait here are sent then.'}
        </p>
        <label className="field">
          Your name
          <input
            name="name"
            required
            maxLength={24}
            autoComplete="nickname"
            defaultValue={before}
          />
        </label>
        <button type="submit" className="primary">
          Open the board
        </button>
        <p role="alert">{message}</p>
      </form>
    </main>
  );
}
