import { createServer, request } from 'node:http';
import { connect } from 'node:net';
import { nextEvent } from '@asyngular/test-utils/event';
import { startProgram } from '@asyngular/test-utils/program';
import { RawClient } from '@asyngular/test-utils/raw-client';
import { within } from '@asyngular/test-utils/wait';
import { describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { AGServer, attach, listen } from '../src/index.js';
import { onCleanup, startServer } from './support/server.js';

/** Status and body of the answer to an HTTP request or upgrade. */
function ask(port: number, path: string, headers: Record<string, string> = {}) {
  return within(
    'the answer',
    new Promise<{ status: number; body: string }>((resolve, reject) => {
      const asked = request({ port, path, host: '127.0.0.1', headers }, (response) => {
        let body = '';
        response.on('data', (chunk) => {
          body += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode!, body }));
      });
      asked.on('error', reject);
      asked.end();
    }),
  );
}

const upgrade = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

describe('attach and listen', () => {
  it('listen answers plain HTTP with 501 and calls back when listening', async () => {
    const server = await within(
      'the server to listen',
      new Promise<AGServer>((resolve) => {
        const started: AGServer = listen(0, { authKey: 'key' }, () => resolve(started));
      }),
    );
    onCleanup(() => server.close().then(() => server.httpServer!.close()));
    const { port } = server.httpServer!.address() as { port: number };
    expect(await ask(port, '/')).toEqual({ status: 501, body: 'Not Implemented' });
    const client = new RawClient(`ws://127.0.0.1:${port}/asyngular/`);
    onCleanup(() => client.terminate());
    await client.handshake();
  });

  it.each([
    [{ port: 8000 }, 'an object'],
    ['8000x', "'8000x'"],
    ['', "''"],
    [65_536, '65536'],
    [-1, '-1'],
  ])('listen refuses %j as a port', (port, shown) => {
    expect(() => listen(port as number)).toThrow(
      `The port of listen() is ${shown}; it must be a number from 0 to 65535`,
    );
  });

  it('listen takes a port as variables of the environment have it', async () => {
    const server = listen('0' as unknown as number, { authKey: 'key' });
    onCleanup(() => server.close().then(() => server.httpServer!.close()));
    await within('the server to be ready', server.listener('ready').once());
    expect(server.port).toBeGreaterThan(0);
  });

  it('attach does not write to the options object', () => {
    const options = { authKey: 'key', wsEngineServerOptions: {} };
    attach(createServer(), options);
    expect(options).toEqual({ authKey: 'key', wsEngineServerOptions: {} });
  });

  it('refuses wrong paths with 400, the missing slash included', async () => {
    const { port } = await startServer();
    for (const path of ['/asyngular', '/other/', '/asyngular/x']) {
      expect(await ask(port, path, upgrade)).toEqual({ status: 400, body: 'Bad Request' });
    }
  });

  it('survives clients that reset the connection of a refused upgrade', async () => {
    const { port, open } = await startServer();
    const headers = Object.entries(upgrade).map(([name, value]) => `${name}: ${value}\r\n`);
    for (let i = 0; i < 50; i++) {
      const socket = connect(port, '127.0.0.1');
      await nextEvent(socket, 'connect');
      socket.write(`GET /other/ HTTP/1.1\r\nHost: x\r\n${headers.join('')}\r\n`, () =>
        socket.resetAndDestroy(),
      );
    }
    // An unheard error of one of their sockets would have ended the process.
    await open();
  });

  it('refuses bad upgrades on its own path and forgets them', async () => {
    const { server, port } = await startServer();
    const answer = await ask(port, '/asyngular/', { ...upgrade, 'Sec-WebSocket-Key': 'x' });
    expect(answer.status).toBe(400);
    expect(server.pendingClientsCount).toBe(0);
  });

  it('accepts a query', async () => {
    const { url } = await startServer();
    const client = new RawClient(`${url}?a=1&t=2`);
    onCleanup(() => client.terminate());
    expect((await client.handshake()).rid).toBe(1);
  });

  it('leaves other paths to other upgrade listeners, and requests to other handlers', async () => {
    const httpServer = createServer((_request, response) => response.end('plain'));
    const others = new WebSocketServer({ noServer: true });
    httpServer.on('upgrade', (upgraded, socket, head) => {
      if (upgraded.url !== '/other') return;
      others.handleUpgrade(upgraded, socket, head, (ws) => ws.send('"other"'));
    });
    const { port, open } = await startServer({}, httpServer);
    await open();
    expect(await ask(port, '/')).toEqual({ status: 200, body: 'plain' });
    const client = new RawClient(`ws://127.0.0.1:${port}/other`);
    onCleanup(() => client.terminate());
    await client.next('the greeting', (message) => message === 'other');
  });

  it('serves several servers on one HTTP server by path', async () => {
    const httpServer = createServer();
    const first = await startServer({ path: '/first/' }, httpServer);
    const second = new AGServer({ httpServer, path: '/second/', authKey: 'key' });
    onCleanup(() => second.close());
    await first.open();
    const client = new RawClient(`ws://127.0.0.1:${first.port}/second/`);
    onCleanup(() => client.terminate());
    await client.handshake();
    expect([first.server.clientsCount, second.clientsCount]).toEqual([1, 1]);
    expect(() => attach(httpServer, { path: '/first/' })).toThrow(/path \/first\/ is served/);
    expect(await ask(first.port, '/third/', upgrade)).toMatchObject({ status: 400 });
  });
});

describe('F18: a path that URLs have to encode', () => {
  it.each([
    ['/чат/', '/%D1%87%D0%B0%D1%82/'],
    ['/чат/', '/%d1%87%d0%b0%d1%82/?a=1'],
    ['/my app/', '/my%20app/'],
    ['/my%20app/', '/my%20app/'],
  ])('%s is served to clients that ask for %s', async (path, asked) => {
    const { server, port } = await startServer({ path });
    expect(server.getPath()).toBe(path);
    const client = new RawClient(`ws://127.0.0.1:${port}${asked}`);
    onCleanup(() => client.terminate());
    expect((await client.handshake()).data.id).toHaveLength(20);
  });

  it('is served once per HTTP server, however it is written', () => {
    const httpServer = createServer();
    attach(httpServer, { authKey: 'key', path: '/чат/' });
    expect(() => attach(httpServer, { authKey: 'key', path: '/%D1%87%D0%B0%D1%82/' })).toThrow(
      'is served by another AGServer',
    );
  });

  it.each(['socket/', '/socket?a=1', '/socket#a', ''])('%j is refused at the start', (path) => {
    expect(() => new AGServer({ authKey: 'key', path })).toThrow("a string that starts with '/'");
  });
});

describe('P1.6 origins', () => {
  async function status(origins: any, origin?: string) {
    const { port, warnings } = await startServer({ origins });
    const outcome = await within(
      'the answer to the upgrade',
      new Promise<number | string>((resolve) => {
        const asked = request({
          port,
          host: '127.0.0.1',
          path: '/asyngular/',
          headers: { ...upgrade, ...(origin && { Origin: origin }) },
        });
        asked.on('upgrade', (response, socket) => {
          socket.destroy();
          resolve(response.statusCode!);
        });
        asked.on('response', (response) => {
          let body = '';
          response.on('data', (chunk) => {
            body += chunk;
          });
          response.on('end', () => resolve(body));
        });
        asked.end();
      }),
    );
    return [outcome, warnings.map(({ name }) => name)];
  }
  const refused = (origin: string) => [
    `Failed to authorize socket handshake - Invalid origin: ${origin}`,
    ['ServerProtocolError'],
  ];

  it.each([
    [undefined, 'http://any.com', 101],
    ['good.com:80', 'http://good.com', 101],
    ['good.com:443 other.com:80', 'https://good.com', 101],
    ['good.com:*', 'https://good.com:8443', 101],
    ['*:8443', 'https://any.com:8443', 101],
    [['a.com:80', 'good.com:80'], 'http://GOOD.com', 101],
    [({ origin }: any) => origin === 'http://x.com', 'http://x.com', 101],
    ['good.com:80', 'http://ood.com', 'refused'],
    ['good.com:8080', 'http://good.com:8', 'refused'],
    ['good.com:80', 'http://good.com.evil.com', 'refused'],
    ['good.com:80', undefined, 'refused'],
    ['good.com:80', 'null', 'refused'],
    [() => false, 'http://x.com', 'refused'],
    ['*', 'https://any.com', 101],
    ['*', undefined, 101],
    ['https://good.com', 'https://good.com', 101],
    [['https://GOOD.com:443/'], 'https://good.com', 101],
    ['https://good.com', 'http://good.com', 'refused'],
    ['http://good.com:8080', 'http://good.com:8080', 101],
    ['http://good.com:8080', 'http://good.com', 'refused'],
    ['capacitor://localhost', 'capacitor://localhost', 101],
    ['capacitor://localhost', 'http://localhost', 'refused'],
    ['[::1]:3000', 'http://[::1]:3000', 101],
    ['münchen.de:443', 'https://xn--mnchen-3ya.de', 101],
  ])('%s judges %s: %s', async (origins, origin, expected) => {
    const outcome = await status(origins, origin);
    if (expected === 101) expect(outcome).toEqual([101, []]);
    else expect(outcome).toEqual(refused(!origin || origin === 'null' ? '*' : origin));
  });

  it.each([
    'example.com',
    '*.example.com:443',
    'https://*.example.com',
    'https://example.com/chat/',
    'user@example.com:443',
    'example.com:https',
    ['a.com:80', 'b.com'],
  ])(
    'F17: %j, which no page could match, is refused at the start with the right form',
    (origins) => {
      expect(() => new AGServer({ authKey: 'key', origins })).toThrow(
        /which no page matches; write it as 'https:\/\/example\.com'/,
      );
    },
  );

  it.each([[[]], ['']])('F17: the empty list %j is refused at the start', (origins) => {
    expect(() => new AGServer({ authKey: 'key', origins })).toThrow('nobody could connect');
  });
});

describe('F21: listen() on a port that is taken', () => {
  it('is an error of the server that names the port', async () => {
    const { port } = await startServer({ wsEngine: 'ws' });
    const server = listen(port, { authKey: 'key' });
    onCleanup(() => server.close());
    const { error } = await server.listener('error').once(10_000);
    expect(error.message).toMatch(`The HTTP server of port ${port} failed (listen EADDRINUSE`);
    expect(error).toMatchObject({ code: 'EADDRINUSE', cause: { code: 'EADDRINUSE' } });
    expect(server.health()).toMatchObject({ status: 'starting', isReady: false });
  });

  it('ends a program that does not listen to errors, with the same message', async () => {
    const { port } = await startServer({ wsEngine: 'ws' });
    const program = await startProgram(`
      import { listen } from '@asyngular/server';
      listen(${port}, { authKey: 'key' });`);
    expect(await program.ended()).toBe('exit code 1');
    expect(program.output).toContain(`The HTTP server of port ${port} failed`);
  });
});
