import { useQuery } from '@tanstack/react-query';
import { Component, type ReactNode, useState } from 'react';
import { callOptions, streamOptions } from '../../src/query.js';
import {
  useAuth,
  useChannel,
  useConnection,
  useLatest,
  useMessages,
  usePresence,
  useProcedure,
  useReceiver,
  useSocket,
  useStream,
} from './hooks.js';

/** A list with all that it knows, and a field to add to it. */
function Room() {
  const { messages, status, gap, error, publish, retry, reload } = useMessages('room:1', {
    rewind: 50,
    limit: 100,
  });
  const [text, setText] = useState('');
  return (
    <section>
      <output data-status={status} data-gap={gap}>
        {error?.message}
      </output>
      <ul>
        {messages.map((message) => (
          <li
            key={message.id}
            data-state={message.pending ? 'pending' : (message.error?.name ?? 'ok')}
          >
            {message.data.text}
            {message.error && (
              <button type="button" onClick={() => retry(message.id)}>
                Retry
              </button>
            )}
          </li>
        ))}
      </ul>
      <input aria-label="Text" value={text} onChange={(event) => setText(event.target.value)} />
      <button
        type="button"
        onClick={() => {
          publish({ text });
          setText('');
        }}
      >
        Send
      </button>
      <button type="button" onClick={() => reload()}>
        Reload
      </button>
    </section>
  );
}

/** The same channel, read in three ways at once. */
function Crowd() {
  const { members, me, update } = usePresence('room:1', { status: 'online' });
  const { data } = useLatest('room:1');
  const { status } = useChannel('room:1');
  return (
    <aside>
      <Room />
      <p id="members">{members.map(({ state }) => state.status).join()}</p>
      <p id="me">{me?.state.status ?? 'nobody'}</p>
      <p id="latest">{data?.text ?? 'nothing'}</p>
      <p id="status">{status}</p>
      <button type="button" onClick={() => update({ status: 'typing' })}>
        Type
      </button>
    </aside>
  );
}

/** Counts renderings, of which messages make none. */
const seen: string[] = [];
let renderings = 0;
function Callback({ prefix }: { prefix: string }) {
  renderings++;
  const { status } = useChannel('room:1', { onMessage: ({ text }) => seen.push(prefix + text) });
  return <p id="callback">{status}</p>;
}
function Callbacks() {
  const [prefix, setPrefix] = useState('a:');
  return (
    <>
      <Callback prefix={prefix} />
      <button type="button" onClick={() => setPrefix('b:')}>
        Other
      </button>
    </>
  );
}
Object.assign(window, { callbacks: () => ({ seen, renderings }) });

class Boundary extends Component<{ children: ReactNode }, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };
  static getDerivedStateFromError(error: Error) {
    return { error };
  }
  override render() {
    const { error } = this.state;
    return error ? (
      <button type="button" onClick={() => this.setState({ error: null })}>
        Caught {error.message}
      </button>
    ) : (
      this.props.children
    );
  }
}

/** Reads no error: it is thrown. */
function Careless() {
  const { messages } = useMessages('secret:1');
  return <p id="careless">{messages.map(({ data }) => data.text).join()}</p>;
}
function Careful() {
  const { status, error } = useMessages('secret:1');
  return (
    <p id="careful">
      {status} {error?.message}
    </p>
  );
}
function Refused() {
  return (
    <>
      <Careful />
      <Boundary>
        <Careless />
      </Boundary>
    </>
  );
}

/** What is no channel. */
function Others() {
  const connection = useConnection();
  const auth = useAuth();
  const socket = useSocket();
  const stream = useStream('count', 3);
  const [notice, setNotice] = useState('');
  useReceiver('notice', setNotice);
  useProcedure('double', async (n) => 2 * n);
  const call = useQuery(callOptions(socket, 'hello', 'Ada'));
  const count = useQuery(streamOptions(socket, 'count', 2));
  return (
    <dl>
      <dd id="connection">{connection.status}</dd>
      <dd id="auth">{auth.data?.name ?? auth.status}</dd>
      <dd id="stream">
        {stream.status} {stream.data.join()}
      </dd>
      <dd id="notice">{notice}</dd>
      <dd id="call">{call.data}</dd>
      <dd id="count">{count.data?.join()}</dd>
    </dl>
  );
}

/** Has to be typed into while 5,000 messages arrive each second. */
function Flood() {
  const { messages } = useMessages('flood', { limit: 100 });
  const [text, setText] = useState('');
  return (
    <>
      <input aria-label="Text" value={text} onChange={(event) => setText(event.target.value)} />
      <ol>
        {messages.map(({ id, data }) => (
          <li key={id}>{data.n}</li>
        ))}
      </ol>
    </>
  );
}

function Skipping() {
  const { status } = useMessages('room:1', { skip: true });
  return <p id="skipping">{status}</p>;
}

export const views: Record<string, () => ReactNode> = {
  nothing: () => null,
  room: Room,
  crowd: Crowd,
  callbacks: Callbacks,
  refused: Refused,
  others: Others,
  flood: Flood,
  skipping: Skipping,
};
