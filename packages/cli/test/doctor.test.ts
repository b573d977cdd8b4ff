import { onCleanup } from '@asyngular/test-utils/cleanup';
import { RawClient } from '@asyngular/test-utils/raw-client';
import { describe, expect, it } from 'vitest';
import { type FaultName, faults } from '../src/doctor/faults.js';
import { exitCodes } from '../src/index.js';
import * as broken from './support/broken-servers.js';
import { startMessageProxy } from './support/message-proxy.js';
import { startServer } from './support/server.js';
import { FakeTerminal } from './support/terminal.js';

/** A server whose pings come soon. */
const lively = { pingInterval: 100, pingTimeout: 2_000 };

async function diagnose(url: string, ...args: string[]) {
  const terminal = new FakeTerminal();
  const code = await terminal.run('doctor', url, '--json', ...args);
  const { steps, isGood } = JSON.parse(terminal.output);
  const states = Object.fromEntries(
    steps.map(({ station, state }: { station: string; state: string }) => [station, state]),
  );
  const fault = steps.find(({ state }: { state: string }) => state === 'fault');
  return { code, terminal, steps, states, isGood, fault };
}

describe('asyngular doctor', () => {
  it('passes all stations of a server that works', async () => {
    const { server, url } = await startServer({ ...lively, origins: 'https://app.example:443' });
    const token = await server.auth.signToken({}, 'a key of the tests');
    const terminal = new FakeTerminal();
    const args = ['doctor', url, '--origin', 'https://app.example', '--token', token];
    expect(await terminal.run(...args)).toBe(exitCodes.done);
    expect(terminal.lines.map((line) => line.slice(0, 12).trim())).toEqual([
      '✓ dns',
      '✓ tcp',
      '– tls',
      '✓ upgrade',
      '✓ path',
      '✓ origin',
      '✓ handshake',
      '✓ token',
      '✓ ping',
      '✓ size',
    ]);
    expect(terminal.errors).toBe('');
  });

  it('looks behind a certificate with --insecure', async () => {
    const port = await broken.startSelfSigned();
    const { states } = await diagnose(`wss://localhost:${port}`, '--insecure', '--size', '1');
    expect(states).toMatchObject({ tls: 'warning', upgrade: 'good', handshake: 'good' });
  });

  it('ends when interrupted', async () => {
    const port = await broken.startSilent();
    const terminal = new FakeTerminal();
    const code = terminal.run('doctor', `ws://127.0.0.1:${port}`, '--timeout', '60000');
    await terminal.printed('tcp');
    terminal.interrupt();
    expect(await code).toBe(exitCodes.interrupted);
  });
});

/** The address of something broken, and more arguments. */
type SetUp = () => Promise<readonly [url: string, ...args: string[]]>;

/** For what shows itself by silence. */
const brief = ['--timeout', '1500'];
const at = (port: number, path = '/asyngular/') => `ws://127.0.0.1:${port}${path}`;

const setUps: [what: string, fault: FaultName, station: string, setUp: SetUp][] = [
  [
    'a port that nobody listens at',
    'port-closed',
    'tcp',
    async () => [at(await broken.closedPort())],
  ],
  [
    'wss:// to a port without TLS',
    'no-tls',
    'tls',
    async () => [(await startServer()).url.replace('ws:', 'wss:')],
  ],
  [
    'ws:// to a port with TLS',
    'tls-needed',
    'upgrade',
    async () => [at(await broken.startSelfSigned())],
  ],
  [
    'a certificate that nobody trusts',
    'certificate',
    'tls',
    async () => [`wss://localhost:${await broken.startSelfSigned()}/`],
  ],
  [
    'a proxy with HTTP/2 only',
    'http2-only',
    'tls',
    async () => [`wss://localhost:${await broken.startHttp2(true)}/`, '--insecure'],
  ],
  [
    'HTTP/2 only, without TLS',
    'http2-only',
    'upgrade',
    async () => [at(await broken.startHttp2(false))],
  ],
  [
    'a redirect',
    'redirect',
    'upgrade',
    async () => [
      at(
        await broken.startPages((_request, response) => {
          response.writeHead(301, { Location: 'https://www.example.com/' }).end();
        }),
      ),
    ],
  ],
  [
    'a path without its trailing slash',
    'wrong-path',
    'path',
    async () => [at((await startServer()).port, '/asyngular')],
  ],
  [
    'the path of another library',
    'wrong-path',
    'path',
    async () => [at((await startServer()).port, '/socket.io/')],
  ],
  [
    'a path of its own, which nobody can guess',
    'wrong-path',
    'path',
    async () => [at((await startServer({ path: '/realtime/' })).port)],
  ],
  [
    'a server of ours that gets no Upgrade header',
    'upgrade-lost',
    'upgrade',
    async () => [at(await broken.startStripping((await startServer()).port))],
  ],
  [
    'a proxy that drops the Upgrade header',
    'upgrade-lost',
    'upgrade',
    async () => [
      at(
        await broken.startPages((_request, response) => {
          response.writeHead(200, { 'Content-Type': 'text/html' }).end('<html>Welcome to nginx!');
        }),
      ),
    ],
  ],
  [
    'an origin that is not allowed',
    'origin-refused',
    'origin',
    async () => [
      (await startServer({ origins: 'https://app.example:443' })).url,
      '--origin',
      'https://evil.example',
    ],
  ],
  [
    'middleware that refuses the request',
    'unauthorized',
    'upgrade',
    async () => {
      const { server, url } = await startServer();
      server.setMiddleware(server.MIDDLEWARE_HANDSHAKE, async (stream) => {
        for await (const action of stream) action.block(new Error('no cookie'));
      });
      return [url];
    },
  ],
  [
    'middleware that refuses the handshake',
    'handshake-refused',
    'handshake',
    async () => {
      const { server, url } = await startServer();
      server.setMiddleware(server.MIDDLEWARE_HANDSHAKE, async (stream) => {
        for await (const action of stream) {
          if (action.type === action.HANDSHAKE_SC) action.block(new Error('too old'));
          else action.allow();
        }
      });
      return [url];
    },
  ],
  [
    'a subprotocol that nobody asked for',
    'subprotocol',
    'upgrade',
    async () => [
      at(
        await broken.startPages((_request, response) => {
          response.writeHead(400, {}).end('Sec-WebSocket-Protocol required');
        }),
      ),
    ],
  ],
  [
    'another kind of server',
    'not-websocket',
    'upgrade',
    async () => [at(await broken.startGreeter())],
  ],
  [
    'a server that hangs',
    'no-answer',
    'upgrade',
    async () => [at(await broken.startSilent()), ...brief],
  ],
  [
    'a WebSocket server of another kind',
    'other-protocol',
    'handshake',
    async () => [at(await broken.startOther((socket) => socket.send('hello')))],
  ],
  [
    'a server of Socket.IO',
    'other-protocol',
    'handshake',
    async () => [at(await broken.startOther((socket) => socket.send('0{"sid":"a"}')))],
  ],
  [
    'a server of SocketCluster 14',
    'protocol-version',
    'handshake',
    async () => [at(await broken.startOther((socket) => socket.send('#1')))],
  ],
  [
    'a proxy that holds back what the server sends',
    'buffered',
    'handshake',
    async () => {
      const { port } = await startServer();
      return [
        at(
          await broken.startFilter(port, (chunk, push) => {
            // The answer to the upgrade passes; what follows fills a buffer that is never full.
            if (chunk.toString('latin1').startsWith('HTTP/1.1')) push(chunk);
          }),
        ),
        ...brief,
      ];
    },
  ],
  [
    'a proxy that ends idle connections',
    'idle-timeout',
    'ping',
    async () => {
      const { port } = await startServer({ pingInterval: 5_000, pingTimeout: 10_000 });
      return [at(await broken.startImpatient(port, 150))];
    },
  ],
  [
    'a proxy that loses the pings',
    'no-ping',
    'ping',
    async () => {
      const { url } = await startServer({ pingInterval: 50, pingTimeout: 400 });
      // The proxy answers in the client's place, as one that keeps its own heartbeats does.
      return [await startMessageProxy(url, (text) => (text === '' ? 'drop' : 'pass'))];
    },
  ],
  [
    'a message that is larger than the server takes',
    'message-too-big',
    'size',
    async () => [(await startServer({ ...lively, maxPayload: 10_000 })).url],
  ],
  [
    'a token of another key',
    'token-refused',
    'token',
    async () => {
      const { server, url } = await startServer();
      return [url, '--token', await server.auth.signToken({}, 'another key')];
    },
  ],
  [
    'a server that is full',
    'too-many',
    'upgrade',
    async () => {
      const { url } = await startServer({ maxClients: 1 });
      const first = new RawClient(url);
      onCleanup(() => first.terminate());
      await first.handshake();
      return [url];
    },
  ],
  [
    'a proxy without its server',
    'server-down',
    'upgrade',
    async () => [
      at(
        await broken.startPages((_request, response) => {
          response.writeHead(502, {}).end('Bad Gateway');
        }),
      ),
    ],
  ],
];

describe('asyngular doctor names', () => {
  it.each(setUps)('%s: %s', async (_what, fault, station, setUp) => {
    const [url, ...args] = await setUp();
    const found = await diagnose(url, ...args);
    expect(found.fault).toMatchObject({ station, fault, remedy: faults[fault] });
    expect(found.code).toBe(exitCodes.faultFound);
    expect(found.isGood).toBe(false);
    // One line, with the name that the documentation has.
    expect(found.terminal.errors).toMatch(new RegExp(`^error: ${station}: ${fault}: .*\\n$`));
    // Everything before it was passed, and nothing behind it was tried.
    const index = found.steps.findIndex(({ state }: { state: string }) => state === 'fault');
    for (const { state } of found.steps.slice(index + 1)) expect(state).toBe('skipped');
  });

  it('a host that does not exist', async () => {
    // Whether a resolver says so depends on the network of this machine.
    const { fault, code } = await diagnose('ws://nobody.invalid/');
    expect(['dns-not-found', 'dns-failed']).toContain(fault.fault);
    expect(code).toBe(exitCodes.faultFound);
  });
});
