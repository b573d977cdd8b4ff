// Our server without its development log, to show what the log costs that has nothing to say.
import { attach } from '@asyngular/server';
import { authKey } from '../payload.js';
import { serveApplication } from './asyngular-application.js';
import { listenHttp } from './listen.js';
import type { RunningServer } from './server.js';

export async function start(): Promise<RunningServer> {
  const { server, port } = await listenHttp();
  return serveApplication(attach(server, { authKey, logger: false }), port);
}
