// node servers/main.js socket-io-fleet <memory | redis> <Redis port> [history]
// With Redis by its adapter on Redis Streams; with history by its connection state recovery.
import { loadPeer } from '../peers.js';
import { listenHttp } from './listen.js';
import type { RunningServer } from './server.js';

const [, , , kind, redisPort, history] = process.argv;

function redisAdapter(): unknown {
  const { createAdapter } = loadPeer('@socket.io/redis-streams-adapter');
  const { Redis } = loadPeer('ioredis');
  return createAdapter(new Redis({ host: '127.0.0.1', port: Number(redisPort) }));
}

export async function start(): Promise<RunningServer> {
  const { server, port } = await listenHttp();
  const { Server } = loadPeer('socket.io');
  const io = new Server(server, {
    transports: ['websocket'],
    serveClient: false,
    ...(kind === 'redis' && { adapter: redisAdapter() }),
    ...(history === 'history' && { connectionStateRecovery: {} }),
  });
  const publish = (channel: string, data: unknown) => {
    io.to(channel).emit('publish', channel, data);
  };
  io.on('connection', (socket: any) => {
    socket.on('subscribe', (channel: string, answer: () => void) => {
      socket.join(channel);
      answer();
    });
    socket.on('publish', publish);
  });
  return { port, received: () => 0, publish };
}
