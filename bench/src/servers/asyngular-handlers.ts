// Our server with functions where `asyngular` has two `for await` loops for each socket: what the
// loops cost is the difference.
import { attach } from '@asyngular/server';
import { authKey } from '../payload.js';
import { listenHttp } from './listen.js';
import type { RunningServer } from './server.js';

export async function start(): Promise<RunningServer> {
  const { server, port } = await listenHttp();
  const agServer = attach(server, { authKey });
  let received = 0;
  agServer.handle('echo', (data) => data);
  agServer.handleTransmit('flood', () => {
    received += 1;
  });
  if (!agServer.isReady) await agServer.listener('ready').once();
  return { port, received: () => received };
}
