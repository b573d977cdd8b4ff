// Our server with functions, whose metrics are looked at: then calls are timed.
import { attach } from '@asyngular/server';
import { authKey } from '../payload.js';
import { listenHttp } from './listen.js';
import type { RunningServer } from './server.js';

export async function start(): Promise<RunningServer> {
  const { server, port } = await listenHttp();
  const agServer = attach(server, { authKey });
  agServer.handle('echo', (data) => data);
  await agServer.metrics();
  if (!agServer.isReady) await agServer.listener('ready').once();
  return { port, received: () => 0 };
}
