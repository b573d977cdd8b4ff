import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type AGServer, type AGServerOptions, attach } from '@asyngular/server';

export interface Running {
  readonly server: AGServer;
  readonly port: number;
  close(): Promise<void>;
}

/** A server in this process, whose memory is measured; the clients are in others. */
export async function serve(options: AGServerOptions): Promise<Running> {
  const httpServer = createServer();
  const server = attach(httpServer, { authKey: 'bounds', ...options });
  httpServer.listen(0, '127.0.0.1');
  await once(httpServer, 'listening');
  return {
    server,
    port: (httpServer.address() as AddressInfo).port,
    async close() {
      await server.close();
      httpServer.close();
    },
  };
}

/** Polls until the condition holds; fails naming it after a minute. */
export async function until(what: string, condition: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + 60_000;
  while (!condition()) {
    if (performance.now() > deadlineMs) throw new Error(`Waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
