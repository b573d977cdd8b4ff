import { createServer, type Server as HttpServer } from 'node:http';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import { collect } from '@asyngular/test-utils/collect';
import { closeServer, listenOn } from '@asyngular/test-utils/ports';
import { RawClient } from '@asyngular/test-utils/raw-client';
import { WebSocketServer } from 'ws';
import { listensItself } from '../../src/engine/create-engine.js';
import { type AGServer, type AGServerOptions, attach, listen } from '../../src/index.js';
import { uwsEngine } from '../../src/uws.js';
import { loadUws } from './uws.js';

// What nearly every test needs beside a server.
export { onCleanup } from '@asyngular/test-utils/cleanup';
export { collect } from '@asyngular/test-utils/collect';
export { until } from '@asyngular/test-utils/wait';

export interface TestServer<Api = any> {
  server: AGServer<Api>;
  port: number;
  url: string;
  /** Texts of all warnings so far. */
  warnings: Error[];
  connect(options?: ConstructorParameters<typeof RawClient>[1]): RawClient;
  /** A client that has completed its handshake. */
  open(authToken?: string | null): Promise<RawClient>;
}

/** The kind of connection that `engine-….test.ts` runs the suite with; normally the default one. */
export function testEngine(): string {
  return process.env.ASYNGULAR_TEST_ENGINE ?? 'default';
}

/** The options that make it. */
function engineUnderTest(): AGServerOptions {
  switch (testEngine()) {
    case 'uws':
      return { wsEngine: uwsEngine(loadUws(), { host: '127.0.0.1' }) };
    case 'ws module':
      return { wsEngine: { Server: WebSocketServer } };
    case 'compressed':
      return { perMessageDeflate: { threshold: 0 } };
    default:
      return {};
  }
}

/** A server on a free port, closed after the test. `authKey` is set unless the test sets it. */
export async function startServer<Api = any>(
  given: AGServerOptions = {},
  httpServer?: HttpServer,
): Promise<TestServer<Api>> {
  // A test that brings an HTTP server, or settings of an engine, is about those.
  const own = httpServer || given.wsEngine || given.perMessageDeflate;
  const options = { authKey: 'test key', ...(own ? {} : engineUnderTest()), ...given };
  const server = listensItself(options.wsEngine)
    ? listen<Api>(0, options)
    : attach<Api>(httpServer ?? createServer(), options);
  const warnings = collect(server.listener('warning'), (event) => event.warning);
  if (server.httpServer) await listenForTest(server.httpServer);
  const port = server.port!;
  const url = `ws://127.0.0.1:${port}${server.getPath()}`;
  const clients: RawClient[] = [];
  onCleanup(async () => {
    for (const client of clients) client.terminate();
    await server.close();
  });
  const connect: TestServer['connect'] = (clientOptions) => {
    const client = new RawClient(url, clientOptions);
    clients.push(client);
    return client;
  };
  return {
    server,
    port,
    url,
    warnings,
    connect,
    async open(authToken = null) {
      const client = connect();
      await client.opened();
      await client.handshake(authToken);
      return client;
    },
  };
}

async function listenForTest(httpServer: HttpServer): Promise<void> {
  onCleanup(() => {
    httpServer.closeAllConnections();
    return closeServer(httpServer);
  });
  await listenOn(httpServer);
}

/** A server with one open client, and its socket there. */
export async function startWithClient(options: AGServerOptions = {}) {
  const context = await startServer(options);
  const client = await context.open();
  const [socket] = Object.values(context.server.clients);
  return { ...context, client, socket: socket! };
}

/** Runs a function for every socket that connects, as applications do. */
export function onConnection<Api>(
  server: AGServer<Api>,
  handler: (socket: import('../../src/index.js').AGServerSocket<Api>) => unknown,
): void {
  (async () => {
    for await (const { socket } of server.listener('connection')) handler(socket as any);
  })();
}
