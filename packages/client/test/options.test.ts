import { readFileSync } from 'node:fs';
import { within } from '@asyngular/test-utils/wait';
import { beforeEach, describe, expect, it } from 'vitest';
import { AGClientSocket, type ClientOptions, create, factory, version } from '../src/index.js';
import { pass, start, useVirtualTime } from './support/harness.js';

function uri(options: ClientOptions): string {
  return create({ autoConnect: false, ...options }).uri();
}

const invalid = expect.objectContaining({ name: 'InvalidArgumentsError' });

it('exports what the packages before it exported', () => {
  expect(factory.create).toBe(create);
  expect(create({ autoConnect: false })).toBeInstanceOf(AGClientSocket);
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  expect(version).toBe(JSON.parse(manifest).version);
  expect(create({ autoConnect: false }).version).toBe(version);
});

describe('the address', () => {
  it.each<[ClientOptions, string]>([
    [{}, 'ws://localhost/asyngular/'],
    [{ secure: true }, 'wss://localhost/asyngular/'],
    [{ port: 8000 }, 'ws://localhost:8000/asyngular/'],
    [{ port: '80' }, 'ws://localhost/asyngular/'],
    [{ port: 80, secure: true }, 'wss://localhost:80/asyngular/'],
    [{ host: 'example.org:443', secure: true }, 'wss://example.org/asyngular/'],
    [{ hostname: '::1', port: 9, path: '/x' }, 'ws://[::1]:9/x'],
    [{ query: { a: ['1', '3'], b: 2, c: undefined } }, 'ws://localhost/asyngular/?a=1&a=3&b=2&c='],
    [{ query: '?a=1&b=2&a=3' }, 'ws://localhost/asyngular/?a=1&a=3&b=2'],
    // F18: without the slash the path would continue the host's name.
    [{ hostname: 'example.org', path: 'socket/' }, 'ws://example.org/socket/'],
    [{ query: '__proto__=1' }, 'ws://localhost/asyngular/?__proto__=1'],
    // Half a surrogate pair has no encoding; a whole one stays.
    [
      { query: { 'a\uD800': '\uDC00😀' } },
      'ws://localhost/asyngular/?a%EF%BF%BD=%EF%BF%BD%F0%9F%98%80',
    ],
    [
      { protocolScheme: 'ws+unix', socketPath: '/x.sock', path: '/socketcluster/' },
      'ws+unix:///x.sock:/socketcluster/',
    ],
  ])('of %j is %s', (options, expected) => {
    expect(uri(options)).toBe(expected);
  });

  it('defaults to the page', () => {
    const location = () => ({ hostname: 'page.test', port: '8443', protocol: 'https:' });
    expect(uri({ platform: { location } })).toBe('wss://page.test:8443/asyngular/');
  });

  it('reads a string query into options', () => {
    const { options } = create({ autoConnect: false, query: 'a=1&b=2&a=3' });
    expect(options.query).toEqual({ a: ['1', '3'], b: '2' });
  });

  it('has a timestamp if asked to', () => {
    expect(uri({ timestampRequests: true, timestampParam: 'x' })).toMatch(/\?x=\d{13}$/);
  });
});

it('leaves the options of the caller alone', () => {
  const options: ClientOptions = {
    autoConnect: false,
    autoReconnectOptions: Object.freeze({ initialDelay: 5 }),
    query: Object.freeze({ a: 1 }) as any,
    wsOptions: Object.freeze({ a: 1 }),
    rejectUnauthorized: false,
    timestampRequests: true,
  };
  const socket = create(Object.freeze(options));
  socket.uri();
  expect(socket.options.autoReconnectOptions).toEqual({
    initialDelay: 5,
    randomness: 1_000,
    multiplier: 1.5,
    maxDelay: 60_000,
  });
  expect(socket.wsOptions).toEqual({ a: 1 });
  expect(socket.wsOptions).not.toBe(options.wsOptions);
  expect(create({ autoConnect: false }).wsOptions).not.toBe(
    create({ autoConnect: false }).wsOptions,
  );
});

it('gives each client an id, or the one it is given', () => {
  const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  const [a, b] = [create({ autoConnect: false }), create({ autoConnect: false })];
  expect(a.clientId).toMatch(uuid);
  expect(a.clientId).not.toBe(b.clientId);
  expect(create({ autoConnect: false, clientId: 'me' }).clientId).toBe('me');
});

describe('initial state', () => {
  it('is closed and unauthenticated', () => {
    const socket = create({ autoConnect: false });
    expect({
      id: socket.id,
      state: socket.state,
      getState: socket.getState(),
      pendingReconnect: socket.pendingReconnect,
      pendingReconnectTimeout: socket.pendingReconnectTimeout,
      connectAttempts: socket.connectAttempts,
      authState: socket.authState,
      authToken: socket.authToken,
      signedAuthToken: socket.signedAuthToken,
      transport: socket.transport,
      isBatching: socket.isBatching,
      preparing: socket.preparingPendingSubscriptions,
      backpressure: socket.getBackpressure(),
    }).toEqual({
      id: null,
      state: 'closed',
      getState: 'closed',
      pendingReconnect: false,
      pendingReconnectTimeout: null,
      connectAttempts: 0,
      authState: 'unauthenticated',
      authToken: null,
      signedAuthToken: null,
      transport: undefined,
      isBatching: false,
      preparing: false,
      backpressure: 0,
    });
  });

  it('has its constants on instance and class', () => {
    const socket = create({ autoConnect: false });
    for (const of of [socket, AGClientSocket]) {
      expect([of.CONNECTING, of.OPEN, of.CLOSED, of.AUTHENTICATED, of.UNAUTHENTICATED]).toEqual([
        'connecting',
        'open',
        'closed',
        'authenticated',
        'unauthenticated',
      ]);
      expect([of.PENDING, of.SUBSCRIBED, of.UNSUBSCRIBED]).toEqual([
        'pending',
        'subscribed',
        'unsubscribed',
      ]);
    }
    expect(AGClientSocket.errorStatuses[4000]).toBe('Server ping timed out');
    expect(AGClientSocket.ignoreStatuses[1000]).toBe('Socket closed normally');
  });
});

describe('in virtual time', () => {
  beforeEach(useVirtualTime);

  it('reports the protocol option one macrotask later', async () => {
    const { socket } = start({ protocol: 'https' } as ClientOptions);
    const error = within('the error', socket.listener('error').once());
    await pass(0);
    expect((await error).error).toEqual(invalid);
  });
});
