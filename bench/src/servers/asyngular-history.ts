// Our server with a log for every channel, in memory: what the log costs is the difference to `asyngular`.
import { attach } from '@asyngular/server';
import { authKey } from '../payload.js';
import { serveApplication } from './asyngular-application.js';
import { listenHttp } from './listen.js';
import type { RunningServer } from './server.js';

export async function start(): Promise<RunningServer> {
  const { server, port } = await listenHttp();
  return serveApplication(attach(server, { authKey, channels: { '*': { history: {} } } }), port);
}
