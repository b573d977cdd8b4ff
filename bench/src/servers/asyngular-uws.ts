// Our server on uWebSockets.js: what the engine makes of the difference between `asyngular` and `uws`.
import { listen } from '@asyngular/server';
import { uwsEngine } from '@asyngular/server/uws';
import { authKey } from '../payload.js';
import { loadPeer } from '../peers.js';
import { serveApplication } from './asyngular-application.js';
import type { RunningServer } from './server.js';

export async function start(): Promise<RunningServer> {
  const uWS = loadPeer('@trufflesuite/uws-js-unofficial');
  const server = listen(0, { authKey, wsEngine: uwsEngine(uWS, { host: '127.0.0.1' }) });
  return serveApplication(server, server.port!);
}
