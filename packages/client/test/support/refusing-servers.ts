import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { attach } from '@asyngular/server';
import { selfSigned } from '@asyngular/test-utils/certificate';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import { closeServer, listenOn } from '@asyngular/test-utils/ports';

/** Answers each upgrade with a status, as a proxy or middleware before the server does. Resolves to its port. */
export function startRefusing(status: number): Promise<number> {
  const httpServer = createServer();
  httpServer.on('upgrade', (_request, socket) => {
    socket.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\n\r\n`);
  });
  return listening(httpServer);
}

/** A server of ours behind plain HTTP. */
export function startPlain(): Promise<number> {
  const httpServer = createServer();
  const server = attach(httpServer, { authKey: 'k'.repeat(32) });
  onCleanup(() => server.close());
  return listening(httpServer);
}

/** A server of ours behind TLS, with a certificate that nobody has signed but itself. */
export async function startSelfSigned(): Promise<{ port: number; cert: string }> {
  const { key, cert } = selfSigned();
  const httpServer = createTlsServer({ key, cert });
  const server = attach(httpServer, { authKey: 'k'.repeat(32) });
  onCleanup(() => server.close());
  return { port: await listening(httpServer), cert };
}

function listening(httpServer: Server): Promise<number> {
  onCleanup(() => closeServer(httpServer));
  return listenOn(httpServer);
}
