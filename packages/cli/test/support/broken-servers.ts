import { createServer as createHttp, type RequestListener, request } from 'node:http';
import { createServer as createHttp2, createSecureServer as createHttp2s } from 'node:http2';
import { createServer as createHttps } from 'node:https';
import { createServer as createTcp, type Server, type Socket } from 'node:net';
import { Transform } from 'node:stream';
import { attach } from '@asyngular/server';
import { selfSigned } from '@asyngular/test-utils/certificate';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import { listenOn, portOf } from '@asyngular/test-utils/ports';
import { TcpProxy } from '@asyngular/test-utils/tcp-proxy';
import { type WebSocket, WebSocketServer } from 'ws';

// Set-ups that are broken in the ways in which people break them. All of them listen on loopback.

async function listening(server: Server, sockets = new Set<Socket>()): Promise<number> {
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  await listenOn(server);
  onCleanup(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return portOf(server);
}

/** A port at which nobody listens. */
export async function closedPort(): Promise<number> {
  const server = createTcp();
  await listenOn(server);
  const port = portOf(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A server of another kind, which greets with a line. */
export function startGreeter(): Promise<number> {
  return listening(createTcp((socket) => socket.write('SSH-2.0-OpenSSH_9.2\r\n')));
}

/** Accepts connections and never says anything. */
export function startSilent(): Promise<number> {
  return listening(createTcp((socket) => socket.resume()));
}

/** A web server that treats upgrades like every other request: proxies without a rule for them make that of it. */
export function startPages(onRequest: RequestListener): Promise<number> {
  const server = createHttp(onRequest);
  server.on('upgrade', (request, socket) => {
    const body = new Map<string, string>();
    const head = (status: number, headers: Record<string, string> = {}) =>
      [
        `HTTP/1.1 ${status} Refused`,
        ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
      ].join('\r\n');
    // Node gives upgrades no response object; this one has what the tests use of it.
    const response = {
      writeHead(status: number, headers: Record<string, string>) {
        body.set('head', head(status, headers));
        return response;
      },
      end(text = '') {
        socket.end(`${body.get('head')}\r\nContent-Length: ${text.length}\r\n\r\n${text}`);
      },
    };
    onRequest(request, response as never);
  });
  return listening(server);
}

/** A WebSocket server of another kind. */
export async function startOther(
  greet: (socket: WebSocket) => void,
  options: ConstructorParameters<typeof WebSocketServer>[0] = {},
): Promise<number> {
  const server = createHttp();
  const sockets = new WebSocketServer({ server, ...options });
  sockets.on('connection', (socket) => greet(socket));
  return listening(server);
}

/** A server of ours behind TLS, with a certificate that nobody has signed but itself. */
export function startSelfSigned(): Promise<number> {
  const server = createHttps(selfSigned());
  const own = attach(server, {
    authKey: 'a key of the tests',
    pingInterval: 100,
    pingTimeout: 2_000,
  });
  onCleanup(() => own.close());
  return listening(server);
}

/** HTTP/2 and nothing else, with TLS or without. */
export function startHttp2(secure: boolean): Promise<number> {
  const server = secure ? createHttp2s({ ...selfSigned(), allowHTTP1: false }) : createHttp2();
  return listening(server as unknown as Server);
}

/** A proxy as people configure it who know nothing of WebSockets: headers of one hop are not passed on (RFC 9110, 7.6.1). */
export function startStripping(port: number): Promise<number> {
  const onRequest: RequestListener = ({ url, method }, response) => {
    const forwarded = request({ port, path: url, method }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, {});
      let body = '';
      answer.on('data', (data) => {
        body += String(data);
      });
      answer.on('end', () => response.end(body));
    });
    forwarded.end();
  };
  return startPages(onRequest);
}

/** A proxy that passes on what a filter leaves of the server's bytes. */
export async function startFilter(
  port: number,
  pass: (chunk: Buffer, push: (data: Buffer) => void, proxy: TcpProxy) => void,
): Promise<number> {
  const filter = () =>
    new Transform({
      transform(chunk: Buffer, _encoding, done) {
        pass(chunk, (data) => this.push(data), proxy);
        done();
      },
    });
  const proxy: TcpProxy = await TcpProxy.start(port, { filter });
  onCleanup(() => proxy.stop());
  return proxy.port;
}

/** A proxy that cuts a session after so much silence of the server. What comes before its first message takes its time. */
export async function startImpatient(port: number, idleMs: number): Promise<number> {
  let cut: NodeJS.Timeout | undefined;
  const proxyPort = await startFilter(port, (chunk, push, proxy) => {
    push(chunk);
    if (chunk.toString('latin1').startsWith('HTTP/1.1')) return;
    clearTimeout(cut);
    cut = setTimeout(() => proxy.cut(), idleMs);
  });
  onCleanup(() => clearTimeout(cut));
  return proxyPort;
}
