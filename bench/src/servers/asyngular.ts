import { type AGServerSocket, attach } from '@asyngular/server';
import { authKey } from '../payload.js';
import { listenHttp } from './listen.js';
import type { RunningServer } from './server.js';

export async function start(): Promise<RunningServer> {
  const { server, port } = await listenHttp();
  const agServer = attach(server, { authKey });
  let received = 0;

  const serveCalls = async (socket: AGServerSocket) => {
    for await (const request of socket.procedure('echo')) request.end(request.data);
  };
  const serveFlood = async (socket: AGServerSocket) => {
    for await (const _data of socket.receiver('flood')) received += 1;
  };
  const serveConnections = async () => {
    for await (const { socket } of agServer.listener('connection')) {
      void serveCalls(socket);
      void serveFlood(socket);
    }
  };
  void serveConnections();
  if (!agServer.isReady) await agServer.listener('ready').once();
  return { port, received: () => received };
}
