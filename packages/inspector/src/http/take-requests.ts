import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http';

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Takes those requests of an HTTP server that are ours, before its listeners see them: most of them answer everything,
 * with 404 what they do not know. Listeners that are added later see all requests. Returns what gives them back.
 */
export function takeRequests(
  httpServer: HttpServer,
  isOurs: (url: string | undefined) => boolean,
  handle: Listener,
): () => void {
  const others = httpServer.listeners('request') as Listener[];
  httpServer.removeAllListeners('request');
  let isTaking = true;
  const listener: Listener = (request, response) => {
    if (isTaking && isOurs(request.url)) handle(request, response);
    else for (const other of others) other.call(httpServer, request, response);
  };
  httpServer.on('request', listener);
  return () => {
    isTaking = false;
  };
}
