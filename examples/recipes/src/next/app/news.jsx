'use client';

import { SocketProvider, useMessages } from './hooks.js';
import { socket } from './socket.js';

/** What the page was rendered with on the server stays, and what is published comes behind it. */
export function News({ initial }) {
  return (
    <SocketProvider socket={socket}>
      <Headlines initial={initial} />
    </SocketProvider>
  );
}

function Headlines({ initial }) {
  const { messages, status, error } = useMessages('headlines', { initial });
  return (
    <section data-status={status}>
      {error?.message}
      {messages.map(({ id, data }) => (
        <p key={id}>{data}</p>
      ))}
    </section>
  );
}
