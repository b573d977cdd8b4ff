import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attach } from '@asyngular/server';
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

function selfSigned(): { key: string; cert: string } {
  const folder = mkdtempSync(join(tmpdir(), 'asyngular-cert-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  try {
    const files = ['-keyout', key, '-out', cert];
    const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    execFileSync('openssl', ['req', ...kind, ...files, ...subject], { stdio: 'pipe' });
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
