import { WebSocket } from 'ws';
import { loadPeer } from '../peers.js';

/** Connects to the source and subscribes; `onMessage` runs once per publication received. */
export type StartClient = (port: number, onMessage: (data: unknown) => void) => Promise<void>;

/** What every one of these libraries does at least: read the frame, parse the JSON. */
const startWs: StartClient = async (port, onMessage) => {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
  socket.on('message', (message) => onMessage(JSON.parse(message.toString()).data));
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
};

const startSocketIo: StartClient = async (port, onMessage) => {
  const { io } = loadPeer('socket.io-client');
  const socket = io(`http://127.0.0.1:${port}`, { transports: ['websocket'] });
  socket.on('publish', (_channel: string, data: unknown) => onMessage(data));
  await new Promise((resolve) => socket.on('connect', resolve));
  await socket.emitWithAck('subscribe', 'bench');
};

/** The API is the same, in the SocketCluster and in our client. */
async function consumeChannel(socket: any, onMessage: (data: unknown) => void): Promise<void> {
  const channel = socket.subscribe('bench');
  const consume = async () => {
    for await (const data of channel) onMessage(data);
  };
  void consume();
  if (channel.state !== 'subscribed') await channel.listener('subscribe').once();
}

const startSocketCluster: StartClient = (port, onMessage) => {
  const { create } = loadPeer('socketcluster-client');
  return consumeChannel(create({ hostname: '127.0.0.1', port }), onMessage);
};

const startAsyngular: StartClient = async (port, onMessage) => {
  const { create } = await import('@asyngular/client');
  return consumeChannel(create({ hostname: '127.0.0.1', port }), onMessage);
};

const startSilent: StartClient = async (port, onMessage) => {
  const { create } = await import('@asyngular/client');
  return consumeChannel(create({ hostname: '127.0.0.1', port, logger: false }), onMessage);
};

export const clients: Record<string, StartClient> = {
  ws: startWs,
  'socket.io': startSocketIo,
  socketcluster: startSocketCluster,
  asyngular: startAsyngular,
  'asyngular-silent': startSilent,
};
