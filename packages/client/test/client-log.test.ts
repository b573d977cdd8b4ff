import type { Logger } from '@asyngular/protocol';
import { within } from '@asyngular/test-utils/wait';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type AGClientSocket, type ClientOptions, create, type Platform } from '../src/index.js';
import { FakeServer } from './support/fake-server.js';
import { pass, token, useVirtualTime } from './support/harness.js';

beforeEach(() => useVirtualTime());
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

function logged(options: ClientOptions = {}) {
  const lines: string[] = [];
  const at = (level: string) => (line: string) => void lines.push(`${level} ${line}`);
  const logger: Logger = {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
  };
  const server = new FakeServer();
  const platform = server.platform({ random: () => 0.5, ...options.platform });
  const socket = create({ autoConnect: false, logger, ...options, platform });
  return { lines, server, socket };
}

const refused =
  'warn asyngular: SocketProtocolError: Could not connect to ws://localhost/asyngular/: refused';

it('a connection that fails is one line, and then a count', async () => {
  const { lines, server, socket } = logged({ autoReconnectOptions: { maxDelay: 1_000 } });
  server.behaviour.connect = 'refuse';
  socket.connect();
  await pass(30_000);
  expect(lines).toEqual([refused]);
  await pass(32_000);
  expect(lines[1]).toMatch(/^warn .*refused \(and \d+ more of these before\)$/);
  expect(lines).toHaveLength(2);
  socket.disconnect();
});

it('what is listened for is not written', async () => {
  const { lines, server, socket } = logged({ autoReconnect: false });
  server.behaviour.connect = 'refuse';
  const heard = within('the error', socket.listener('error').once());
  socket.connect();
  await pass();
  await heard;
  expect(lines).toEqual([]);
  socket.connect();
  await pass();
  expect(lines).toEqual([refused]);
});

it('a dropped transmit, a refused subscription and a refused token are lines', async () => {
  const { lines, server, socket } = logged({ maxUnsentMessages: 1 });
  await socket.transmit('a', { secret: 1 });
  await socket.transmit('say');
  server.behaviour.handshake = () => ({
    data: {
      id: 'x',
      pingTimeout: 20_000,
      isAuthenticated: false,
      authError: { name: 'AuthTokenExpiredError', message: 'jwt expired' },
    },
  });
  server.behaviour.subscribe = () => ({ error: { name: 'Forbidden', message: 'members\nonly' } });
  await pass();
  socket.subscribe('secret');
  await pass();
  expect(lines).toEqual([
    "warn asyngular: transmit('say') was not sent: QueueFullError: Event say was aborted due to maxUnsentMessages: 1; raise it; the transmitDropped event has its data",
    'warn asyngular: the server did not accept the stored token: AuthTokenExpiredError: jwt expired',
    "warn asyngular: the server refused the subscription to 'secret': Forbidden: members only; await channel.subscribed() to know",
  ]);
  socket.disconnect();
});

it('a listener on the channel, or one who awaits it, has heard of a refusal', async () => {
  const { lines, server, socket } = logged();
  server.behaviour.subscribe = () => ({ error: { name: 'Forbidden', message: 'no' } });
  socket.connect();
  await pass();
  const listened = within('the failure', socket.channel('a').listener('subscribeFail').once());
  socket.subscribe('a');
  const awaited = expect(socket.subscribe('b').subscribed()).rejects.toMatchObject({
    message: 'no',
  });
  await pass();
  await Promise.all([listened, awaited]);
  expect(lines).toEqual([]);
  socket.disconnect();
});

it.each([
  [undefined, 1],
  [false, 0],
  ['silent', 0],
] as const)('logger %s: %d lines on the console', async (logger, count) => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const { server, socket } = logged({ logger, autoReconnect: false });
  server.behaviour.connect = 'refuse';
  socket.connect();
  await pass();
  expect(warn).toHaveBeenCalledTimes(count);
});

it('DEBUG traces packets in Node, and shows no token', async () => {
  vi.stubEnv('DEBUG', 'asyngular:*');
  const signed = token({ name: 'Ann' });
  const { lines, socket } = logged();
  await socket.options.authEngine.saveToken(socket.authTokenName, signed);
  socket.connect();
  await pass();
  const call = socket.invoke('sum', [1, 2]);
  await pass();
  await call;
  expect(lines.slice(-2)).toEqual([
    'debug asyngular:client sent call 2 sum: [1,2]',
    'debug asyngular:client received answer to call 2: {"event":"sum","data":[1,2]}',
  ]);
  expect(lines[0]).toContain('"authToken":"[hidden]"');
  expect(lines.join()).not.toContain(signed.split('.')[1]);
  socket.disconnect();
});

it.each([
  ['asyngular:*', true],
  ['other:*', false],
  [null, false],
])('localStorage.debug = %s in a page: traced %s', async (debug, isTraced) => {
  vi.stubEnv('DEBUG', 'asyngular:*');
  const storage = { getItem: (name: string) => (name === 'debug' ? debug : null) };
  const { lines, socket } = logged({
    hostname: 'a',
    platform: {
      location: () => ({ hostname: 'a', port: '', protocol: 'http:' }),
      storage: () => ({ ...storage, setItem() {}, removeItem() {} }),
    },
  });
  socket.connect();
  await pass();
  expect(lines.length > 0).toBe(isTraced);
  socket.disconnect();
});

it('a page that may not read its storage is not traced', () => {
  const { socket } = logged({
    hostname: 'a',
    platform: {
      location: () => ({ hostname: 'a', port: '', protocol: 'http:' }),
      storage: () => {
        throw new Error('denied');
      },
    },
  });
  expect(socket.state).toBe('closed');
});

it('an event of the application that nobody listens to is one line, once', async () => {
  const { lines, socket } = logged();
  const own = socket as AGClientSocket<{ events: Record<string, unknown> }>;
  const heard = within('the heard event', own.listener('idle').once());
  own.emit('idle', 1);
  expect(await heard).toBe(1);
  expect(lines).toEqual([]);
  own.emit('say', 'hello');
  own.emit('say', 'hello');
  await pass(100_000);
  own.emit('other');
  expect(lines).toEqual([
    "warn asyngular: emit('say') has reached no listener of its socket, and sends nothing; " +
      "to send, use transmit('say', data)",
  ]);
});

it('a host other than that of the page, with the port of the page, is a line', () => {
  const location = () => ({ hostname: 'page.test', port: '8443', protocol: 'https:' });
  const linesOf = (options: ClientOptions, platform: Partial<Platform> = { location }) => {
    const { lines, socket } = logged({ ...options, platform });
    return [socket.uri(), ...lines];
  };
  // As published clients do, measured.
  expect(linesOf({ hostname: 'api.test' })).toEqual([
    'wss://api.test:8443/asyngular/',
    "warn asyngular: the hostname option is 'api.test' and there is no port, so that of this page is " +
      'dialled, 8443; set the port option',
  ]);
  expect(linesOf({ hostname: 'api.test', port: 443 })).toEqual(['wss://api.test/asyngular/']);
  expect(linesOf({ hostname: 'page.test' })).toEqual(['wss://page.test:8443/asyngular/']);
  expect(linesOf({ host: 'api.test:443' })).toEqual(['wss://api.test/asyngular/']);
  const onDefaultPort = () => ({ ...location(), port: '' });
  expect(linesOf({ hostname: 'api.test' }, { location: onDefaultPort })).toEqual([
    'wss://api.test/asyngular/',
  ]);
});
