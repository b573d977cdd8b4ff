import { lookup } from 'node:dns/promises';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { ServerUrl } from '../connection/server-url.js';
import { Fault } from './step.js';

/** Whom a diagnosis is about, and how patient it is. */
export interface Target extends ServerUrl {
  readonly timeoutMs: number;
  readonly insecure: boolean;
}

/** Addresses of the host. Throws a `Fault` when it has none. */
export async function resolveHost({ hostname }: Target): Promise<string[]> {
  if (isIP(hostname)) return [hostname];
  try {
    const found = await lookup(hostname, { all: true });
    return found.map(({ address }) => address);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const fault = code === 'ENOTFOUND' ? 'dns-not-found' : 'dns-failed';
    throw new Fault('dns', fault, `no address is known for '${hostname}' (${code})`);
  }
}

/** A TCP connection. Throws a `Fault` when there is none. */
export function dialTcp({ hostname, port, timeoutMs }: Target): Promise<Socket> {
  const where = `${hostname}:${port}`;
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port });
    const fail = (fault: Fault) => {
      clearTimeout(timer);
      socket.destroy();
      reject(fault);
    };
    const timer = setTimeout(
      () => fail(new Fault('tcp', 'unreachable', `${where} did not answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
    socket.once('error', (error: NodeJS.ErrnoException) => {
      const fault = codeOf(error) === 'ECONNREFUSED' ? 'port-closed' : 'unreachable';
      fail(new Fault('tcp', fault, `${where} cannot be connected to (${codeOf(error)})`));
    });
    socket.once('connect', () => {
      clearTimeout(timer);
      resolve(socket);
    });
  });
}

/** With several addresses the code is in the first of the errors. */
function codeOf(error: NodeJS.ErrnoException & { errors?: NodeJS.ErrnoException[] }): string {
  return error.code ?? error.errors?.[0]?.code ?? error.message;
}

/** TLS over a TCP connection, whatever the certificate is. Throws a `Fault` when it cannot be. */
export function dialTls({ hostname, timeoutMs }: Target, tcp: Socket): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({
      socket: tcp,
      // A certificate is judged afterwards, so that the diagnosis can say what is wrong with it.
      rejectUnauthorized: false,
      ALPNProtocols: ['http/1.1'],
      ...(isIP(hostname) ? {} : { servername: hostname }),
    });
    const timer = setTimeout(
      () => fail(new Fault('tls', 'tls-failed', `no TLS handshake within ${timeoutMs} ms`)),
      timeoutMs,
    );
    const fail = (fault: Fault) => {
      clearTimeout(timer);
      tcp.destroy();
      reject(fault);
    };
    socket.once('error', (error: NodeJS.ErrnoException) => fail(tlsFault(error)));
    socket.once('close', () =>
      fail(new Fault('tls', 'no-tls', 'the connection was closed instead of a TLS handshake')),
    );
    socket.once('secureConnect', () => {
      clearTimeout(timer);
      resolve(socket);
    });
  });
}

function tlsFault({ code = '', message }: NodeJS.ErrnoException): Fault {
  if (/NO_APPLICATION_PROTOCOL/i.test(code) || /no application protocol/i.test(message)) {
    return new Fault('tls', 'http2-only', 'the other end does not accept HTTP/1.1 here (ALPN)');
  }
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|ECONNRESET/.test(code)) {
    return new Fault('tls', 'no-tls', `what answers here does not speak TLS (${code})`);
  }
  return new Fault('tls', 'tls-failed', `the TLS handshake failed (${code || message})`);
}

/** A connection as clients make it. Throws a `Fault` when there is none. */
export async function dial(target: Target): Promise<Socket> {
  const tcp = await dialTcp(target);
  return target.secure ? dialTls(target, tcp) : tcp;
}
