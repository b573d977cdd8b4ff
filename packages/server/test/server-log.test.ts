import { createServer } from 'node:http';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import { closeServer, listenOn } from '@asyngular/test-utils/ports';
import { RawClient } from '@asyngular/test-utils/raw-client';
import { describe, expect, it, vi } from 'vitest';
import { type AGServerOptions, type AGServerSocket, attach } from '../src/index.js';
import { collect, until } from './support/server.js';
import { unreadableErrors } from './support/unreadable-errors.js';

/** A server that nobody listens to, and the lines that it writes to its logger. */
async function startUnheard(options: AGServerOptions = {}) {
  const lines: string[] = [];
  const write = (level: string) => (line: string) => void lines.push(`${level} ${line}`);
  const logger = {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
  };
  const httpServer = createServer();
  const server = attach(httpServer, { authKey: 'test key', logger, ...options });
  await listenOn(httpServer);
  onCleanup(async () => {
    await server.close();
    httpServer.closeAllConnections();
    await closeServer(httpServer);
  });
  const open = async (headers: Record<string, string> = {}, token: string | null = null) => {
    const client = new RawClient(`ws://127.0.0.1:${server.port}/asyngular/`, { headers });
    onCleanup(() => client.terminate());
    if (!headers.origin) await client.handshake(token);
    return client;
  };
  return { server, lines, open };
}

describe('without a listener, the log has a line', () => {
  it('for a handler that throws, with procedure, socket, user, id and place', async () => {
    const { server, lines, open } = await startUnheard();
    server.handle('bug', () => {
      throw new TypeError('no foo\n\u001b[31mof bar');
    });
    const client = await open({}, await server.signToken({ username: 'ann' }));
    const { error } = await client.request('bug');
    await until('a line', () => lines.length > 0);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(
      `warn asyngular: TypeError: no foo [31mof bar (procedure "bug", ` +
        `socket ${client.received[0].data.id}, user ann, error id ${error.id}, at `,
    );
    expect(lines[0]).toContain('server-log.test.ts');
    expect(lines[0]).toMatch(/; to handle this in code, read server\.listener\('warning'\)$/);
  });

  it.each(unreadableErrors)('for a handler whose error %s', async (_what, make) => {
    const { server, lines, open } = await startUnheard();
    server.handle('bug', () => {
      throw make();
    });
    const { error } = await (await open()).request('bug');
    await until('a line', () => lines.length > 0);
    expect(lines[0]).toContain(`procedure "bug", socket `);
    expect(lines[0]).toContain(`error id ${error.id}`);
  });

  it('for each of several failures of one procedure, since their callers have the ids', async () => {
    const { server, lines, open } = await startUnheard();
    server.handle('bug', (data) => {
      throw new TypeError(`no ${data}`);
    });
    const client = await open();
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) ids.push((await client.request('bug', i)).error.id);
    await until('three lines', () => lines.length === 3);
    expect(lines.map((line) => /error id (.{8})/.exec(line)?.[1])).toEqual(ids);
  });

  it('with the place in the application, not that in Node, of what a function of Node throws', async () => {
    const { server, lines, open } = await startUnheard();
    server.handle('parse', (text) => JSON.parse(text));
    const client = await open();
    await client.request('parse', '{');
    await until('a line', () => lines.length > 0);
    expect(lines[0]).toMatch(/SyntaxError.* at .*server-log\.test\.ts:\d+/);
  });

  it('for a random authKey', async () => {
    const { server, lines } = await startUnheard({ authKey: undefined });
    await server.signToken({ name: 'ann' });
    await until('a line', () => lines.length > 0);
    expect(lines[0]).toContain('No authKey was given');
  });

  it('for a refused origin, which names the option', async () => {
    const { lines, open } = await startUnheard({ origins: ['https://good.example'] });
    await open({ origin: 'https://evil.example' });
    await until('a line', () => lines.length > 0);
    expect(lines[0]).toMatch(/Invalid origin: https:\/\/evil\.example.*origins option/);
  });

  it('for a bad token and a blocked action, with the channel', async () => {
    const { server, lines, open } = await startUnheard();
    server.use('inbound', (action) => action.type !== 'subscribe');
    const client = await open({}, 'eyJhbGciOiJIUzI1NiJ9.bad.token');
    await client.subscribe('secrets');
    await until('both lines', () => lines.length === 2);
    expect(lines[0]).toContain('AuthTokenInvalidError');
    expect(lines.join()).not.toContain('eyJhbGci');
    expect(lines[1]).toContain('SilentMiddlewareBlockedError');
    expect(lines[1]).toContain('(channel "secrets", socket ');
  });

  it('for a message that is too large, which names limit and option', async () => {
    const { lines, open } = await startUnheard({ maxPayload: 100 });
    const client = await open();
    client.send({ event: 'x', data: 'x'.repeat(200) });
    expect((await client.whenClosed()).code).toBe(1009);
    await until('a line', () => lines.length > 0);
    expect(lines[0]).toContain('A message exceeds the 100 bytes of the option maxPayload');
  });

  it('for each way in which clients are lost', async () => {
    const { server, lines, open } = await startUnheard();
    for (const code of [1002, 1011, 1002, 4700, 4701]) {
      const client = await open();
      client.ws.close(code);
      await until('it is gone', () => server.clientsCount === 0);
    }
    const texts = lines.map((line) => /SocketProtocolError: (.+) \(socket/.exec(line)?.[1]);
    expect(texts).toEqual([
      'A WebSocket protocol error was encountered',
      'Server encountered an unexpected fatal condition',
      'Socket connection closed with status code 4700',
    ]);
  });

  it('20 times for one procedure, and none for a client that leaves', async () => {
    const { server, lines, open } = await startUnheard();
    server.handle('bug', () => {
      throw new TypeError('no');
    });
    const client = await open();
    for (let n = 0; n < 25; n++) await client.request('bug', n);
    client.terminate();
    await until('it is gone', () => server.clientsCount === 0);
    expect(lines).toHaveLength(20);
  });
});

it.each([
  ['a listener', {}, true],
  ['logger: false', { logger: false }, false],
  ["logger: 'silent'", { logger: 'silent' }, false],
] as const)('%s keeps the log quiet', async (_what, options, listens) => {
  const stderr = vi.spyOn(process.stderr, 'write');
  onCleanup(() => stderr.mockRestore());
  const { server, lines, open } = await startUnheard(options);
  const warnings = listens ? collect(server.listener('warning')) : [];
  server.handle('bug', () => {
    throw new Error('no');
  });
  const client = await open();
  expect((await client.request('bug')).error.name).toBe('InternalServerError');
  await client.settled();
  expect(lines).toEqual([]);
  expect(stderr).not.toHaveBeenCalled();
  expect(warnings).toHaveLength(listens ? 1 : 0);
});

it('writes to stderr by default', async () => {
  const written: string[] = [];
  const stderr = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written.push(String(text));
    return true;
  });
  onCleanup(() => stderr.mockRestore());
  const { server } = await startUnheard({ logger: undefined });
  server.emitWarning(new Error('first'));
  server.emitError(new RangeError('second'));
  expect(written[0]).toMatch(/^asyngular: Error: first \(at .*\n$/);
  expect(written[1]).toMatch(/^asyngular: RangeError: second \(at .*\n$/);
});

it('a logger that throws takes no call with it, and its lines go to stderr', async () => {
  const written: string[] = [];
  const stderr = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written.push(String(text));
    return true;
  });
  onCleanup(() => stderr.mockRestore());
  const broken = () => {
    throw new Error('no room');
  };
  const logger = { debug: broken, info: broken, warn: broken, error: broken };
  const { server, open } = await startUnheard({ logger });
  server.handle('bug', () => {
    throw new Error('no');
  });
  const client = await open();
  expect((await client.request('bug')).error.name).toBe('InternalServerError');
  expect(written).toEqual([expect.stringMatching(/procedure "bug".*no room\)\n$/)]);
});

it('DEBUG=asyngular:* shows packets of both directions, without tokens', async () => {
  vi.stubEnv('DEBUG', 'asyngular:*');
  onCleanup(() => vi.unstubAllEnvs());
  const { server, lines, open } = await startUnheard();
  server.handle('echo', (data) => data);
  const token = await server.signToken({ username: 'ann' });
  const client = await open({}, token);
  await client.request('echo', { text: 'x'.repeat(1_000), password: 'hunter2' });
  client.send([client.call('echo', 1), client.call('echo', 2)]);
  await until('the lines', () => lines.some((line) => line.includes('2 packets')));
  const text = lines.join('\n');
  const { id } = client.received[0].data;
  expect(text).toContain(`debug asyngular:server ${id} ← call 1 #handshake`);
  expect(text).toContain(`debug asyngular:server ${id} → answer to call 2`);
  expect(text).not.toContain(token);
  expect(text).not.toContain('hunter2');
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(600);
});

it('attach() names what it needs when it gets an application', () => {
  const app = Object.assign(() => {}, { on() {}, address() {} });
  expect(() => attach(app as never)).toThrow('Pass the HTTP server: createServer(app)');
});

it('an event of the application that nobody listens to is one line, once, outside production', async () => {
  const { server, lines, open } = await startUnheard();
  const connection = server.listener('connection').once({ timeout: 40_000 });
  await open();
  const { socket } = await connection;
  const own = socket as AGServerSocket<{ events: Record<string, unknown> }>;
  vi.stubEnv('NODE_ENV', 'production');
  own.emit('say', 'hello');
  vi.unstubAllEnvs();
  expect(lines).toEqual([]);
  const heard = own.listener('idle').once({ timeout: 40_000 });
  own.emit('idle', 1);
  expect(await heard).toBe(1);
  own.emit('say', 'hello');
  own.emit('say', 'hello');
  expect(lines).toEqual([
    "warn asyngular: emit('say') has reached no listener of its socket, and sends nothing; " +
      "to send, use transmit('say', data)",
  ]);
});
