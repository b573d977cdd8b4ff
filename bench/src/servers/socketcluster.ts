import { authKey } from '../payload.js';
import { loadPeer } from '../peers.js';
import { listenHttp } from './listen.js';
import type { RunningServer } from './server.js';

export async function start(): Promise<RunningServer> {
  const { server, port } = await listenHttp();
  const agServer = loadPeer('socketcluster-server').attach(server, { authKey });
  let received = 0;

  const serveCalls = async (socket: any) => {
    for await (const request of socket.procedure('echo')) request.end(request.data);
  };
  const serveFlood = async (socket: any) => {
    for await (const _data of socket.receiver('flood')) received += 1;
  };
  const serveConnections = async () => {
    for await (const { socket } of agServer.listener('connection')) {
      void serveCalls(socket);
      void serveFlood(socket);
    }
  };
  void serveConnections();
  await agServer.listener('ready').once();
  return { port, received: () => received };
}
