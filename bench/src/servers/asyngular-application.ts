import type { AGServer, AGServerSocket } from '@asyngular/server';
import type { RunningServer } from './server.js';

/** The application on a server of ours, whatever its engine. */
export async function serveApplication(agServer: AGServer, port: number): Promise<RunningServer> {
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
