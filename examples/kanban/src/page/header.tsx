import type { PresenceMember } from '@asyngular/client';
import { useState } from 'react';
import type { Person } from '../shared/kanban-contract.js';
import { hueOf } from './hue.js';
import type { User } from './session.js';

/** As many people as have room; the others are a number. */
const SHOWN = 6;

interface HeaderProps {
  readonly user: User;
  readonly members: readonly PresenceMember<Person>[];
  /** Rejects when the server does not answer. */
  readonly onLogOut: () => Promise<void>;
}

export function Header({ user, members, onLogOut }: HeaderProps) {
  const [hasFailed, setHasFailed] = useState(false);
  const further = members.length - SHOWN;
  return (
    <header>
      <h1>Kanban</h1>
      <ul className="people" aria-label="People on this board">
        {members.slice(0, SHOWN).map(({ key, state }) => (
          <li key={key} className="avatar" style={hueOf(key)} title={state.name}>
            <span aria-hidden="true">{state.name.slice(0, 1).toUpperCase()}</span>
            <span className="hidden">
              {state.name}
              {key === user.id && ' (you)'}
            </span>
          </li>
        ))}
        {further > 0 && <li className="avatar more">+{further}</li>}
      </ul>
      {hasFailed && <p role="alert">The server does not answer. You are still logged in.</p>}
      <button
        type="button"
        className="quiet"
        onClick={() => {
          setHasFailed(false);
          onLogOut().catch(() => setHasFailed(true));
        }}
      >
        Log out
      </button>
    </header>
  );
}
