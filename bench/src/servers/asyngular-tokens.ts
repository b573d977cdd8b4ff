// node servers/main.js asyngular-tokens <options of the server as JSON>
import { attach } from '@asyngular/server';
import { listenHttp } from './listen.js';
import type { RunningServer } from './server.js';

export async function start(): Promise<RunningServer> {
  const { server, port } = await listenHttp();
  const agServer = attach(server, JSON.parse(process.argv[3]!));
  if (!agServer.isReady) await agServer.listener('ready').once();
  agServer.handle('echo', (data) => data);
  return { port, received: () => 0 };
}
