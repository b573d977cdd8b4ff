import { createServer, type Server as HttpServer } from 'node:http';
import { listensItself } from '../engine/create-engine.js';
import type { HttpAnswer } from '../engine/engine.js';
import { answerHealth, writeAnswer } from '../health/health.js';
import { checkServerOptions } from '../options/option-checks.js';
import type { AGServerOptions } from '../options/options.js';
import { acceptUpgrade } from '../upgrade/accept.js';
import { pathOf } from '../upgrade/upgrade.js';
import { assertHttpServer, assertPort } from './arguments.js';
import { AGServer, coreOf } from './server.js';
import { workerHost } from './worker-host.js';

/**
 * Serves clients on an existing HTTP(S) server, beside whatever else it serves. Other upgrade paths
 * are left alone. The options object is not written to. Throws `InvalidOptionsError` with an engine
 * that listens itself.
 */
export function attach<Api = any>(
  httpServer: HttpServer,
  options?: AGServerOptions<Api>,
): AGServer<Api> {
  assertHttpServer(httpServer);
  return new AGServer<Api>({ ...checkServerOptions(options), httpServer });
}

/**
 * Serves clients on an HTTP server of its own (`server.httpServer`), which answers everything else
 * with 501, except the paths of the `health` option. `callback` runs when it listens.
 * `AGServer.close()` leaves the HTTP server open, and cuts its connections. An engine that is an HTTP server itself listens in
 * its place: `httpServer` is then `undefined`, `close()` ends it, and a port that is taken throws here. Throws
 * `InvalidArgumentsError` for what is no port.
 */
export function listen<Api = any>(
  port: number,
  options?: AGServerOptions<Api> | (() => void),
  callback?: () => void,
): AGServer<Api> {
  assertPort(port);
  const [settings, onListening] =
    typeof options === 'function' ? [undefined, options] : [options, callback];
  if (listensItself(settings?.wsEngine)) {
    const server = new AGServer<Api>({ ...checkServerOptions(settings), httpServer: undefined });
    try {
      listenOnEngine(server, port);
    } catch (error) {
      void server.close();
      throw error;
    }
    if (onListening) process.nextTick(onListening);
    return server;
  }
  const httpServer = createServer(({ method, url }, response) => {
    writeAnswer(response, answerRequest(server, method, url));
  });
  const server = attach<Api>(httpServer, settings);
  coreOf(server).ownHttpServer = httpServer;
  httpServer.on('error', (cause) => reportHttpError(server, httpServer, port, cause));
  // Node before 23.1 knows no `reusePort`; the workers are not started there with it.
  // A port of 0 would be another one in each of them.
  const where = workerHost()?.reusePort && port !== 0 ? { port, reusePort: true } : { port };
  httpServer.listen(where, onListening);
  return server;
}

/**
 * The HTTP server cannot listen, most likely because the port is taken: the server's `error`. As with any
 * server of Node it ends a process that does not listen to it, on the server or on the HTTP server.
 */
function reportHttpError(
  server: AGServer,
  httpServer: HttpServer,
  port: number,
  cause: NodeJS.ErrnoException,
): void {
  const error = new Error(
    `The HTTP server of port ${port} failed (${cause.message}); if the port is taken, end the process that ` +
      'has it, or listen on another one',
    { cause },
  );
  // The code that applications know from Node.
  Object.assign(error, { code: cause.code });
  const isHeard =
    server.getListenerConsumerCount('error') > 0 || httpServer.listenerCount('error') > 1;
  if (!isHeard) throw error;
  server.emitError(error);
}

/** Upgrades are told apart as on a Node HTTP server that has no other listeners. */
function listenOnEngine(server: AGServer, port: number): void {
  const core = coreOf(server);
  const { engine } = core;
  if (!('listen' in engine)) return;
  engine.listen(port, {
    sharesPort: workerHost() !== undefined,
    onUpgrade(upgrade) {
      if (pathOf(upgrade.request.url) === pathOf(server.getPath())) acceptUpgrade(core, upgrade);
      else upgrade.refuse(400, 'Bad Request');
    },
    onRequest: (method, url) => answerRequest(server, method, url),
  });
}

/** What a server of `listen()` answers to requests that are no upgrades. */
function answerRequest(
  server: AGServer,
  method: string | undefined,
  url: string | undefined,
): HttpAnswer {
  const { health } = server.options;
  const answer = health && answerHealth(server, health === true ? {} : health, method, url);
  return (
    answer || { status: 501, headers: { 'Content-Type': 'text/html' }, body: 'Not Implemented' }
  );
}
