import { create } from '@asyngular/client';
import { renderToString } from 'react-dom/server';
import { expect, it, vi } from 'vitest';
import { createHooks } from '../src/index.js';

const {
  SocketProvider,
  useChannel,
  useConnection,
  useLatest,
  useMessages,
  usePresence,
  useStream,
} = createHooks();

/** Everything that reads, with what the server knows before anything is read. */
function Page({ initial }: { initial: string[] }) {
  const { messages, status, error } = useMessages('room', { initial });
  const { members, me } = usePresence('room', {});
  const latest = useLatest('price', { initial: 7 });
  const stream = useStream('count', 3);
  const channel = useChannel('room', { onMessage: () => {} });
  const connection = useConnection();
  return (
    <main>
      {messages.map(({ id, data }) => (
        <p key={id}>{data}</p>
      ))}
      {[status, String(error), members.length, String(me), latest.data, stream.status].join(' ')}
      {` ${channel.status} ${connection.status}`}
    </main>
  );
}

it('renders what is given to it, opens no socket, and leaves nothing behind', () => {
  vi.useFakeTimers();
  const opened = vi.fn();
  const socket = create({
    hostname: 'localhost',
    autoConnect: 'browser',
    platform: { createWebSocket: opened },
  });
  const render = (initial: string[]) =>
    renderToString(
      <SocketProvider socket={socket}>
        <Page initial={initial} />
      </SocketProvider>,
    );
  expect(render(['a', 'b'])).toContain(
    '<p>a</p><p>b</p>connecting null 0 null 7 connecting<!-- --> connecting connecting',
  );
  // Another request of the same process sees nothing of the first one.
  expect(render(['c'])).toContain('<main><p>c</p>connecting');
  expect(opened).not.toHaveBeenCalled();
  expect(socket.subscriptions(true)).toEqual([]);
  expect(socket.getAllChannelOutputsConsumerCount()).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

it('says what is missing without a provider', () => {
  expect(() => renderToString(<Page initial={[]} />)).toThrow(/<SocketProvider socket=\{socket\}>/);
});
