import { createServer, type RequestListener } from 'node:http';
import { type AGServer, type AGServerOptions, attach } from '@asyngular/server';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import { collect } from '@asyngular/test-utils/collect';
import { closeServer, listenOn } from '@asyngular/test-utils/ports';
import { RawClient } from '@asyngular/test-utils/raw-client';
import { createInspector, type Inspector } from '../../src/inspector.js';
import type { InspectorOptions } from '../../src/options.js';
import { ManualClock } from './manual-clock.js';

export interface Inspected {
  readonly server: AGServer;
  readonly inspector: Inspector;
  readonly clock: ManualClock;
  readonly origin: string;
  /** Lines of the server's log. */
  readonly lines: string[];
  readonly warnings: Error[];
  /** A client that has completed its handshake. */
  open(authToken?: string | null): Promise<RawClient>;
  /** A request below the inspector's path. */
  ask(path: string, init?: RequestInit): Promise<Response>;
  /** What a view shows. Fails when the answer is not one. */
  read<View>(view: string): Promise<View>;
  /** Does something as the page does. */
  act(action: object, query?: string): Promise<Response>;
}

interface Setup {
  readonly server?: AGServerOptions;
  readonly inspector?: Partial<InspectorOptions>;
  readonly app?: RequestListener;
}

/** A server with an inspector, on a free port. */
export async function startInspected(setup: Setup = {}): Promise<Inspected> {
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  const httpServer = createServer(setup.app);
  const server = attach(httpServer, {
    authKey: 'test key',
    logger: { debug: write, info: write, warn: write, error: write },
    ...setup.server,
  });
  const warnings = collect(server.listener('warning'), ({ warning }) => warning);
  const clock = new ManualClock();
  const inspector = createInspector(server, { authorize: () => true, ...setup.inspector }, clock);
  const port = await listenOn(httpServer);
  const origin = `http://127.0.0.1:${port}`;
  const clients: RawClient[] = [];
  onCleanup(async () => {
    for (const client of clients) client.terminate();
    inspector.close();
    await server.close();
    httpServer.closeAllConnections();
    await closeServer(httpServer);
  });
  const ask = (path: string, init?: RequestInit) =>
    fetch(`${origin}${inspector.path}${path}`, { redirect: 'manual', ...init });
  return {
    server,
    inspector,
    clock,
    origin,
    lines,
    warnings,
    ask,
    async open(authToken = null) {
      const client = new RawClient(`ws://127.0.0.1:${port}${server.getPath()}`);
      clients.push(client);
      await client.handshake(authToken);
      return client;
    },
    async read<View>(view: string): Promise<View> {
      const response = await ask(`api/${view}`);
      const body = await response.json();
      if (response.status !== 200) throw new Error(`${view}: ${response.status} ${body.error}`);
      return body as View;
    },
    async act(action, query = '') {
      return ask(`api/actions${query}`, await fromPage(ask, origin, action));
    },
  };
}

/** A request to do something, with everything that the page sends. */
export async function fromPage(
  ask: Inspected['ask'],
  origin: string,
  action: unknown,
): Promise<{ method: string; headers: Record<string, string>; body: string }> {
  const session = await ask('api/session');
  const { token } = (await session.json()) as { token: string };
  const cookie = session.headers.get('set-cookie')!.split(';', 1)[0]!;
  return {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      origin,
      cookie,
      'x-inspector-token': token,
    },
    body: JSON.stringify(action),
  };
}
