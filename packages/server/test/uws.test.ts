import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nextEvent } from '@asyngular/test-utils/event';
import { within } from '@asyngular/test-utils/wait';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { attach, listen } from '../src/index.js';
import { type UwsModule, uwsEngine } from '../src/uws.js';
import { onCleanup, until } from './support/server.js';
import { loadUws } from './support/uws.js';
import { startUws, upgradeHeaders } from './support/uws-server.js';

const uWS = loadUws();

/** The answer to an HTTP request or upgrade. */
function ask(port: number, path: string, headers: Record<string, string> = {}, method = 'GET') {
  return within(
    'the answer',
    new Promise<{ status: number; headers: IncomingHttpHeaders; body: string }>(
      (resolve, reject) => {
        const asked = request({ port, path, method, host: '127.0.0.1', headers }, (response) => {
          let body = '';
          response.on('data', (chunk) => {
            body += chunk;
          });
          response.on('end', () =>
            resolve({ status: response.statusCode!, headers: response.headers, body }),
          );
        });
        asked.on('error', reject);
        asked.end();
      },
    ),
  );
}

describe('uwsEngine', () => {
  it('listens itself: the port is known at once, and free again after close', async () => {
    const wsEngine = uwsEngine(uWS, { host: '127.0.0.1' });
    const server = listen(0, { authKey: 'key', wsEngine });
    expect(server.httpServer).toBeUndefined();
    const { port } = server;
    expect(port).toBeGreaterThan(0);
    expect(() => listen(port!, { authKey: 'key', wsEngine })).toThrow(
      `Cannot listen on port ${port} of 127.0.0.1`,
    );
    await server.close();
    expect(server.port).toBeUndefined();
    const second = await within(
      'the second server to listen',
      new Promise<ReturnType<typeof listen>>((resolve) => {
        const made: ReturnType<typeof listen> = listen(port!, { authKey: 'key', wsEngine }, () =>
          resolve(made),
        );
      }),
    );
    await second.close();
  });

  it('is refused by attach, with compression, and without the module', () => {
    const wsEngine = uwsEngine(uWS);
    expect(() => attach(createServer(), { wsEngine })).toThrow(
      /use listen\(port, \{ wsEngine \}\)/,
    );
    expect(() => listen(0, { wsEngine, perMessageDeflate: true })).toThrow(/perMessageDeflate/);
    expect(() => uwsEngine({} as UwsModule)).toThrow(/the function App is missing/);
    expect(() => uwsEngine(uWS, { maxHeldBytes: -1 })).toThrow(
      /maxHeldBytes option of uwsEngine\(\) is -1/,
    );
  });
});

describe('HTTP', () => {
  it('is answered with 501, health checks apart, and by routes of the application', async () => {
    const { server, port } = await startUws({ health: true });
    await until('ready', () => server.isReady);
    const answer = await ask(port, '/');
    expect(answer).toMatchObject({ status: 501, body: 'Not Implemented' });
    expect(answer.headers).toMatchObject({ 'content-type': 'text/html', connection: 'close' });
    const ready = await ask(port, '/readyz?from=balancer');
    expect([ready.status, JSON.parse(ready.body).status]).toEqual([200, 'ok']);
    const head = await ask(port, '/healthz', {}, 'HEAD');
    expect([head.status, head.body]).toEqual([200, '']);
    expect(Number(head.headers['content-length'])).toBeGreaterThan(100);
    expect((await ask(port, '/healthz', {}, 'POST')).status).toBe(405);
    server.wsServer.get('/hello', (response: any) => response.end('hello'));
    expect((await ask(port, '/hello')).body).toBe('hello');
  });

  it('refuses upgrades as the default engine does', async () => {
    const { server, port, open } = await startUws({
      origins: ({ origin }) => origin === undefined,
    });
    const refusal = async (path: string, headers: object = {}) => {
      const answer = await ask(port, path, { ...upgradeHeaders, ...headers });
      expect(answer.headers).toMatchObject({ 'content-type': 'text/html', connection: 'close' });
      return [answer.status, answer.body];
    };
    for (const path of ['/asyngular', '/other/', '/asyngular/x']) {
      expect(await refusal(path)).toEqual([400, 'Bad Request']);
    }
    expect(await refusal('/asyngular/', { 'Sec-WebSocket-Key': 'x' })).toEqual([
      400,
      'Missing or invalid Sec-WebSocket-Key header',
    ]);
    expect(await refusal('/asyngular/', { 'Sec-WebSocket-Version': '7' })).toEqual([
      400,
      'Missing or invalid Sec-WebSocket-Version header',
    ]);
    expect(await refusal('/asyngular/', { Origin: 'https://evil.example' })).toEqual([
      403,
      'Failed to authorize socket handshake - Invalid origin: https://evil.example',
    ]);
    server.setMiddleware('handshake', async (actions) => {
      for await (const action of actions) {
        await new Promise((resolve) => setImmediate(resolve));
        action.block(new Error('members only'));
      }
    });
    expect(await refusal('/asyngular/')).toEqual([401, 'members only']);
    expect(server.stats().pendingHandshakes).toBe(0);
    server.removeMiddleware('handshake');
    server.handle('never', () => new Promise(() => {}));
    const client = await open();
    client.send(client.call('never'));
    await client.settled();
    const drained = server.drain({ spread: 0, timeout: 500 });
    expect(await refusal('/asyngular/')).toEqual([503, 'Service Unavailable']);
    expect(await drained).toEqual({ finished: 0, unfinished: 1 });
  });

  it('survives clients that hang up while their upgrade is judged', async () => {
    const { server, port, open } = await startUws();
    let judged = 0;
    server.setMiddleware('handshake', async (actions) => {
      for await (const action of actions) {
        if (action.type === 'handshakeWS' && action.request.url?.includes('slow')) {
          await new Promise((resolve) => setTimeout(resolve, 30));
          if (judged++ % 2) action.block(new Error('no'));
        }
        action.allow();
      }
    });
    for (let i = 0; i < 20; i++) {
      const asked = request({
        port,
        path: '/asyngular/?slow',
        host: '127.0.0.1',
        headers: upgradeHeaders,
      });
      asked.on('error', () => {});
      asked.flushHeaders();
      await until('it is under way', () => server.stats().pendingHandshakes > 0);
      asked.destroy();
      await until('it is over', () => server.stats().pendingHandshakes === 0);
    }
    expect(judged).toBe(20);
    await (await open()).settled();
  });
});

describe('a request', () => {
  it('has what Node tells of one', async () => {
    const { server, url, port } = await startUws({
      handleProtocols: (protocols, { url: asked }) => asked.includes('two') && [...protocols][1]!,
    });
    let seen: IncomingMessage | undefined;
    server.setMiddleware('handshake', async (actions) => {
      for await (const action of actions) {
        if (action.type === 'handshakeWS') seen = action.request;
        action.allow();
      }
    });
    const ws = new WebSocket(`${url}?protocol=two&x`, ['one', 'two'], {
      headers: { Cookie: ['a=1', 'b=2'] as any, 'X-Twice': ['1', '2'] as any, 'X-Case': 'Kept' },
    });
    onCleanup(() => ws.terminate());
    await nextEvent(ws, 'open');
    expect(ws.protocol).toBe('two');
    const [socket] = Object.values(server.pendingClients);
    expect(socket!.request).toBe(seen);
    expect(seen).toMatchObject({
      url: '/asyngular/?protocol=two&x',
      method: 'GET',
      httpVersion: '1.1',
      headers: {
        host: `127.0.0.1:${port}`,
        upgrade: 'websocket',
        cookie: 'a=1; b=2',
        'x-twice': '1, 2',
        'x-case': 'Kept',
      },
      socket: { remoteAddress: '127.0.0.1' },
    });
    expect(seen!.headers).toBe(seen!.headers);
    expect(socket).toMatchObject({ remoteAddress: '127.0.0.1', remoteFamily: 'IPv4' });
    expect(socket!.remotePort).toBeUndefined();
    const before = socket!.getBytesReceived();
    expect(before).toBeGreaterThan(200);
    ws.send('{"event":"#handshake","data":{},"cid":1}');
    await until('the message is counted', () => socket!.getBytesReceived() === before + 40 + 6);
  });

  it('tells IPv6 addresses as Node does', async () => {
    const { server, port } = await startUws({}, { host: '::' });
    for (const [host, address] of [
      ['[::1]', '::1'],
      ['127.0.0.1', '::ffff:127.0.0.1'],
    ]) {
      const ws = new WebSocket(`ws://${host}:${port}/asyngular/`);
      onCleanup(() => ws.terminate());
      const { socket } = await within('the handshake', server.listener('handshake').once());
      expect(socket.remoteAddress).toBe(address);
      expect(socket.remoteFamily).toBe('IPv6');
      await until('the client knows', () => ws.readyState === WebSocket.OPEN);
    }
  });
});

describe('TLS', () => {
  it('is served with the options of uWS.SSLApp()', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'asyngular-tls-'));
    onCleanup(() => rmSync(dir, { recursive: true }));
    const [key_file_name, cert_file_name] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
    execFileSync('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-subj', '/CN=localhost', '-days', '1', '-keyout', key_file_name, '-out', cert_file_name],
    ]);
    const { server, url } = await startUws({}, { ssl: { key_file_name, cert_file_name } });
    server.handle('echo', (data) => data);
    const ws = new WebSocket(url.replace('ws:', 'wss:'), { rejectUnauthorized: false });
    onCleanup(() => ws.terminate());
    const { socket } = await within('the handshake', server.listener('handshake').once());
    expect((socket.request.socket as { encrypted?: boolean }).encrypted).toBe(true);
    await until('it is open', () => ws.readyState === WebSocket.OPEN);
    ws.send('[{"event":"#handshake","data":{},"cid":1},{"event":"echo","data":"hi","cid":2}]');
    const answers: string[] = [];
    ws.on('message', (data) => answers.push(String(data)));
    await until('the answers', () => answers.length === 2);
    expect(answers[1]).toBe('{"rid":2,"data":"hi"}');
  });
});
