import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Listens on a free loopback port. */
export async function listenHttp(server: Server = createServer()): Promise<{
  server: Server;
  port: number;
}> {
  await new Promise<void>((resolve) => {
    server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, resolve);
  });
  return { server, port: (server.address() as AddressInfo).port };
}
