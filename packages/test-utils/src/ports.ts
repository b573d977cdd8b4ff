import { createServer, type Server } from 'node:net';
import { nextEvent } from './event.js';

/**
 * Lets a server listen on loopback, unless it listens already; by default on a free port. Resolves with
 * the port.
 */
export async function listenOn(server: Server, port = 0): Promise<number> {
  if (!server.listening) {
    const listening = nextEvent(server, 'listening');
    server.listen(port, '127.0.0.1');
    await listening;
  }
  return portOf(server);
}

export function portOf(server: Server): number {
  return (server.address() as { port: number }).port;
}

/** Closes a server. Its connections must have ended: it waits for them. */
export async function closeServer(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = nextEvent(server, 'close', () => 'connections that are still open');
  server.close();
  await closed;
}

/**
 * A port nobody listens on right now, below those the system gives to outgoing connections: one of
 * these could take it while a server that should come back on it is down.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer();
    try {
      const port = await listenOn(server, 10_000 + Math.floor(Math.random() * 20_000));
      await closeServer(server);
      return port;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
  }
}
