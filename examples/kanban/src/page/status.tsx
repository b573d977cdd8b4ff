import { useEffect, useState } from 'react';
import { useConnection, useSocket } from './hooks.js';
import type { BoardState } from './use-board.js';

const words = {
  idle: 'Idle',
  connecting: 'Connecting…',
  'catching-up': 'Catching up…',
  live: 'Live',
  offline: 'Offline',
  refused: 'Not allowed',
} as const;

/** How the board stands, and what has to be decided. */
export function Status({ state }: { state: BoardState }) {
  const { status, pending, failed, gap, retry, discard, reload } = state;
  const { connect, status: connection } = useConnection();
  const pid = useServer();
  return (
    <aside className="status">
      <p role="status" className={`dot ${status}`}>
        {words[status]}
        {pending > 0 && ` · ${pending === 1 ? '1 change waits' : `${pending} changes wait`}`}
        {pid !== undefined && status === 'live' && (
          <span className="server"> · server process {pid}</span>
        )}
      </p>
      {(connection === 'offline' || connection === 'closed') && (
        <button type="button" className="quiet" onClick={connect}>
          Connect now
        </button>
      )}
      {gap && (
        <p role="alert">
          Some changes may be missing here.{' '}
          <button type="button" onClick={reload}>
            Load the board again
          </button>
        </p>
      )}
      {failed.map(({ id, data, error }) => (
        <p role="alert" key={id}>
          {data.title ? `“${data.title}”` : 'A change'} could not be saved: {error?.message}{' '}
          <button type="button" onClick={() => retry(id)}>
            Try again
          </button>{' '}
          <button type="button" onClick={() => discard(id)}>
            Forget it
          </button>
        </p>
      ))}
    </aside>
  );
}

/** The process that this page is connected to: something to end, and see what happens. */
function useServer(): number | undefined {
  const socket = useSocket();
  const { id } = useConnection();
  const [pid, setPid] = useState<number>();
  useEffect(() => {
    if (id === null) return;
    const control = new AbortController();
    socket.invoke('whereAmI', undefined, { signal: control.signal }).then(
      (server) => setPid(server.pid),
      // The connection went; the next one asks again.
      () => {},
    );
    return () => control.abort();
  }, [socket, id]);
  return pid;
}
