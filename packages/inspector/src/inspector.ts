import type { IncomingMessage, ServerResponse } from 'node:http';
import { InvalidOptionsError } from '@asyngular/errors';
import type { AGServer } from '@asyngular/server';
import { inspectionOf } from '@asyngular/server/internal';
import { LocalServer } from './api/local-server.js';
import { OtherServers } from './api/other-servers.js';
import { type Clock, processClock } from './clock.js';
import { admit } from './http/authorize.js';
import { Handler } from './http/handler.js';
import { takeRequests } from './http/take-requests.js';
import { type InspectorOptions, resolveOptions } from './options.js';

/** The inspector of a server, as `inspector()` returns it. */
export interface Inspector {
  /** Where the page is, with a slash at both ends. */
  readonly path: string;
  /**
   * Answers a request if it is the inspector's, and says whether it was. The HTTP server of the option is taken care of
   * already; this is for another one that should show the same page.
   */
  handle(request: IncomingMessage, response: ServerResponse): boolean;
  /** Ends what it does; requests for its path go to the other listeners of the HTTP server again. May be called twice. */
  close(): void;
}

/**
 * Shows what a server does on a page of its own: sockets, channels, limits, the broker, and a sample of what passes, of
 * this server and of all others of the fleet that have an inspector. Nothing is computed while nobody looks. Call it when
 * the HTTP server has its other listeners, as after `listen()` or with an Express application. Throws
 * `InvalidOptionsError` for options that cannot work, without `authorize`, where there is no HTTP server, and for a server
 * that has an inspector.
 */
export function inspector(server: AGServer, options: InspectorOptions): Inspector {
  return createInspector(server, options, processClock);
}

/** Servers with an inspector. A second one would answer the questions that others put to the first. */
const inspected = new WeakSet<AGServer>();

/** The same, with a time that tests make. */
export function createInspector(
  server: AGServer,
  options: InspectorOptions,
  clock: Clock,
): Inspector {
  const resolved = resolveOptions(options);
  const { path, readOnly, httpServer = server.httpServer } = resolved;
  if (httpServer === undefined) {
    throw new InvalidOptionsError(
      'The engine of this server listens itself and shares no HTTP server; give the inspector one of its own: ' +
        "inspector(server, { httpServer: createServer().listen(9465, '127.0.0.1'), … })",
    );
  }
  if (inspected.has(server)) {
    throw new InvalidOptionsError(
      'This server has an inspector already; answer requests on another HTTP server with handle() of that one',
    );
  }
  inspected.add(server);
  const inspection = inspectionOf(server);
  const local = new LocalServer(server, inspection, { readOnly, clock });
  const others = new OtherServers(inspection, local, clock);
  const handler = new Handler({
    path,
    admit: (request) => admit(request, resolved, clock),
    ask: (id, request, { name }) =>
      id === undefined || id === inspection.id
        ? local.answer(request, name)
        : others.ask(id, request, name),
    emitWarning: (warning) => inspection.emitWarning(warning),
  });
  const giveBack = takeRequests(
    httpServer,
    (url) => handler.isOurs(url),
    (request, response) => void handler.handle(request, response),
  );
  return {
    path,
    handle(request, response) {
      if (!handler.isOurs(request.url)) return false;
      void handler.handle(request, response);
      return true;
    },
    close() {
      inspected.delete(server);
      giveBack();
      others.close();
      local.close();
    },
  };
}
