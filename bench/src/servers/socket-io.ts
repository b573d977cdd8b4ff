import { createVerifier } from 'fast-jwt';
import { authKey } from '../payload.js';
import { loadPeer } from '../peers.js';
import { listenHttp } from './listen.js';
import type { RunningServer } from './server.js';

export async function start(): Promise<RunningServer> {
  const { server, port } = await listenHttp();
  const { Server } = loadPeer('socket.io');
  const io = new Server(server, { transports: ['websocket'], serveClient: false });
  const verify = createVerifier({ key: authKey, algorithms: ['HS256'] });
  let received = 0;

  io.use((socket: any, next: (error?: Error) => void) => {
    const { token } = socket.handshake.auth;
    if (token !== undefined) socket.data.token = verify(token);
    next();
  });
  io.on('connection', (socket: any) => {
    socket.on('subscribe', (channel: string, answer: () => void) => {
      socket.join(channel);
      answer();
    });
    socket.on('publish', (channel: string, data: unknown) => {
      io.to(channel).emit('publish', channel, data);
    });
    socket.on('echo', (data: unknown, answer: (data: unknown) => void) => answer(data));
    socket.on('flood', () => {
      received += 1;
    });
  });
  return { port, received: () => received };
}
