import { createServer, type Server as HttpServer } from 'node:http';
import { healthHandler } from './health.js';
import type { AGServerOptions } from './options.js';
import { AGServer } from './server.js';

/**
 * Serves clients on an existing HTTP(S) server, beside whatever else it serves. Other upgrade paths
 * are left alone. The options object is not written to.
 */
export function attach<Api = any>(
  httpServer: HttpServer,
  options?: AGServerOptions,
): AGServer<Api> {
  return new AGServer<Api>({ ...options, httpServer });
}

/**
 * Serves clients on an HTTP server of its own (`server.httpServer`), which answers everything else
 * with 501, except the paths of the `health` option. `callback` runs when it listens. `AGServer.close()` leaves the HTTP server open.
 */
export function listen<Api = any>(
  port: number,
  options?: AGServerOptions | (() => void),
  callback?: () => void,
): AGServer<Api> {
  const [settings, onListening] =
    typeof options === 'function' ? [undefined, options] : [options, callback];
  const httpServer = createServer((request, response) => {
    if (answerHealth?.(request, response)) return;
    response.writeHead(501, { 'Content-Type': 'text/html' });
    response.end('Not Implemented');
  });
  const server = attach<Api>(httpServer, settings);
  const { health } = server.options;
  const answerHealth = health ? healthHandler(server, health === true ? {} : health) : undefined;
  httpServer.listen(port, onListening);
  return server;
}
