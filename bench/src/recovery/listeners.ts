import { create } from '@asyngular/client';
import { loadPeer } from '../peers.js';
import type { Hearing } from './hearing.js';

/** The channel of the jitter run. */
export const jitterChannel = 'c0';

/** Both clients try again after about as long, so that what differs is the recovery. */
const RETRY_MS = { first: 100, last: 500 };

/** Connects a client through the port, subscribes, and notes what happens until the returned function is called. */
export type Listen = (port: number, hearing: Hearing) => Promise<() => void>;

const listenWithAsyngular: Listen = async (port, hearing) => {
  const socket = create({
    hostname: '127.0.0.1',
    port,
    autoReconnectOptions: {
      initialDelay: RETRY_MS.first,
      randomness: RETRY_MS.first,
      maxDelay: RETRY_MS.last,
    },
  });
  void (async () => {
    for await (const _ of socket.listener('connect')) hearing.connected();
  })();
  // The cuts are the point of the run.
  void (async () => {
    for await (const _ of socket.listener('error'));
  })();
  const channel = socket.subscribe(jitterChannel);
  void (async () => {
    for await (const { number } of channel) hearing.received(number);
  })();
  await channel.listener('subscribe').once(10_000);
  return () => socket.disconnect();
};

const listenWithSocketIo: Listen = (port, hearing) => {
  const { io } = loadPeer('socket.io-client');
  const socket = io(`http://127.0.0.1:${port}`, {
    transports: ['websocket'],
    reconnectionDelay: RETRY_MS.first * 1.5,
    randomizationFactor: 1 / 3,
    reconnectionDelayMax: RETRY_MS.last,
  });
  socket.on('publish', (_channel: string, { number }: { number: number }) => {
    hearing.received(number);
  });
  // A recovered session gets what it missed before its `connect` event.
  socket.io.on('open', () => hearing.connected());
  return new Promise((resolve) => {
    socket.on('connect', async () => {
      // A recovered session is in its rooms already.
      if (!socket.recovered) await socket.emitWithAck('subscribe', jitterChannel);
      resolve(() => socket.disconnect());
    });
  });
};

export const listens = {
  asyngular: listenWithAsyngular,
  'socket.io': listenWithSocketIo,
} satisfies Record<string, Listen>;

export type ListenerName = keyof typeof listens;
