import type { AGServerOptions } from '../../src/index.js';
import { type UwsEngineOptions, uwsEngine } from '../../src/uws.js';
import { startServer } from './server.js';
import { loadUws } from './uws.js';

/** A server on uWebSockets.js, whatever the engine under test. */
export function startUws(options: AGServerOptions = {}, engineOptions: UwsEngineOptions = {}) {
  const wsEngine = uwsEngine(loadUws(), { host: '127.0.0.1', ...engineOptions });
  return startServer({ wsEngine, ...options });
}

/** What makes a request an upgrade. */
export const upgradeHeaders = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
};
