import { expect, it } from 'vitest';
import { type ClientOptions, create } from '../src/index.js';
import { connected, outcome, pass, useVirtualTime } from './support/harness.js';

/** Options as programs without types pass them. */
function untyped(options: object): ClientOptions {
  return { autoConnect: false, ...options } as ClientOptions;
}

function refusal(message: string): unknown {
  return expect.objectContaining({
    name: 'InvalidArgumentsError',
    message: expect.stringContaining(message),
  });
}

it.each<[object, string]>([
  [{ ackTimout: 5 }, 'Unknown option ackTimout of the client; did you mean ackTimeout?'],
  [{ autoConect: undefined }, 'did you mean autoConnect?'],
  [{ Port: 5 }, 'did you mean port?'],
  [{ url: 'ws://x' }, "Unknown option url of the client; a URL is the first argument: create('wss"],
  [{ reconnection: false }, 'Unknown option reconnection of the client'],
  [{ autoReconnectOptions: { initalDelay: 5 } }, 'did you mean initialDelay?'],
])('the unknown name in %j is refused with the nearest one', (options, message) => {
  expect(() => create(untyped(options))).toThrow(refusal(message));
});

const durations = ['connectTimeout', 'ackTimeout', 'pingTimeout', 'batchInterval'];
const durationFaults = durations.flatMap((name) =>
  ['50', -1, Number.NaN, 2 ** 31, true, {}].map((value): [object] => [{ [name]: value }]),
);

it.each(durationFaults)('%j is no number of milliseconds', (options) => {
  expect(() => create(untyped(options))).toThrow(refusal('a number of milliseconds from 0 to'));
});

const flags = [
  ...['secure', 'autoConnect', 'autoReconnect', 'autoSubscribeOnConnect', 'connectOnSend'],
  'waitForConnection',
  ...['pingTimeoutDisabled', 'syncAuthTokens', 'cloneData', 'timestampRequests'],
  ...['batchOnHandshake', 'disconnectOnUnload', 'probeOnWakeUp', 'rejectUnauthorized'],
];

it.each(flags)('%s has to be true or false', (name) => {
  for (const value of ['no', 0, 1, 'true', {}]) {
    expect(() => create(untyped({ [name]: value }))).toThrow(refusal('must be true or false'));
  }
});

it.each<[object, string]>([
  [{ hostname: 'localhost:8000' }, "is 'localhost:8000'; it must be a host name without"],
  [{ hostname: 'https://example.org' }, 'a host name without scheme'],
  [{ hostname: 'example.org/chat' }, 'a host name without scheme'],
  [{ hostname: '' }, 'a host name'],
  [{ hostname: 5 }, 'a host name'],
  [{ port: 'http' }, "The port option of the client is 'http'; it must be a port number from 1 to"],
  [{ port: 0 }, 'a port number'],
  [{ port: 65_536 }, 'a port number'],
  [{ port: '8000a' }, 'a port number'],
  [{ path: 5 }, 'a path without ? and #'],
  [{ path: '/a?b=1' }, 'the query option takes a query'],
  [{ host: 'example.org' }, 'both the hostname and the port number'],
  [{ host: 'example.org:1' }, "is 'example.org:1'; it must be both the hostname and the port"],
  [{ host: 'example.org:123456' }, 'hostname:port format'],
  [{ host: 'example.org:80', hostname: 'x' }, 'Never use host and hostname/port options together'],
  [{ host: 'example.org:80', port: 80 }, 'Never use host and hostname/port options together'],
  [{ query: 5 }, 'must be a text, or an object'],
  [{ protocolVersion: 3 }, 'is 3; it must be 1 or 2'],
  [{ protocolVersion: '2' }, "is '2'; it must be 1 or 2"],
  [{ autoReconnectOptions: true }, 'must be an object'],
  [{ autoReconnectOptions: { initialDelay: 'soon' } }, 'The initialDelay option'],
  [{ autoReconnectOptions: { multiplier: Number.NaN } }, 'The multiplier option'],
  [{ maxUnsentMessages: Number.NaN }, 'a whole number of messages, 0 or more'],
  [{ maxCallsInFlight: 1.5 }, 'a whole number of calls'],
  [{ maxInboundCallsInFlight: '10' }, 'a whole number of calls'],
  [{ authEngine: { loadToken() {} } }, 'loadToken() and saveToken() and removeToken()'],
  [{ authEngine: 'none' }, 'an object with'],
  [{ codecEngine: { encode() {} } }, 'encode() and decode()'],
  [{ callIdGenerator: 5 }, 'a function'],
  [{ wsOptions: 'x' }, 'an object'],
  [{ platform: 'node' }, 'an object'],
  [{ clientId: 5 }, 'a text'],
  [{ channelPrefix: 5 }, 'a text'],
])('%j is refused', (options, message) => {
  expect(() => create(untyped(options))).toThrow(refusal(message));
});

it.each([5, true, []])('options that are %j are refused', (options) => {
  expect(() => create(options as unknown as ClientOptions)).toThrow(refusal('must be an object'));
});

it('null and undefined mean the default, digits are a port, and limits may be absent', () => {
  const names = [...flags, ...durations, 'hostname', 'port', 'host', 'path', 'query', 'platform'];
  const nothing = Object.fromEntries(names.map((name) => [name, null]));
  const { options } = create({ ...untyped(nothing), autoConnect: false, clientId: 'x' });
  const absent = Object.fromEntries(names.map((name) => [name, undefined]));
  expect(options).toEqual(create({ ...absent, autoConnect: false, clientId: 'x' }).options);
  expect(options).toEqual(create({ autoConnect: false, clientId: 'x' }).options);
  expect(create(untyped({ port: '8000', maxUnsentMessages: Number.POSITIVE_INFINITY })).uri()).toBe(
    'ws://localhost:8000/asyngular/',
  );
});

it('options of published clients that mean nothing here are accepted', () => {
  const ignored = { multiplex: true, clientMap: {}, pubSubBatchDuration: 5 };
  const unused = { subscriptionRetryOptions: {}, pingTimeout: 5 };
  expect(create(untyped({ ...ignored, ...unused })).state).toBe('closed');
});

it('connect(options) refuses without a change', async () => {
  useVirtualTime();
  const { socket } = await connected();
  expect(() => socket.connect({ ackTimout: 5 } as ClientOptions)).toThrow(refusal('ackTimeout?'));
  expect(socket.state).toBe('open');
  socket.disconnect();
});

it('options of calls, transmits and subscriptions are checked likewise', async () => {
  useVirtualTime();
  const { socket, server, payloads } = await connected();
  const call = (options: object) => outcome(socket.invoke('a', 1, options));
  expect((await call({ ackTimeout: '50' })).error).toEqual(
    refusal("The ackTimeout option of invoke() is '50'; it must be a number of milliseconds"),
  );
  expect((await call({ timeout: 5 })).error).toEqual(refusal('Unknown option timeout of invoke()'));
  expect((await call({ signal: {} })).error).toEqual(refusal('must be an AbortSignal'));

  await socket.transmit('b', 1, { ackTimeot: 5 } as object);
  const { payload } = payloads.at(-1)!;
  expect(payload.error).toEqual(refusal('of transmit(); did you mean ackTimeout?'));

  expect(() => socket.subscribe('c', { waitForAuth: 'yes' } as object)).toThrow(
    refusal('The waitForAuth option of subscribe()'),
  );
  expect(() => socket.subscribe('c', { priority: '1' } as object)).toThrow(refusal('priority'));
  expect(() => socket.channel('c').subscribe({ dta: 1 } as object)).toThrow(
    refusal('did you mean data?'),
  );
  await pass();
  expect(server.last.packets.map(({ event }) => event)).toEqual(['#handshake']);
  expect(socket.subscriptions(true)).toEqual([]);

  socket.subscribe('c', { batch: true, waitForAuth: null } as object);
  const answer = call({ noTimeout: true, ackTimeout: Number.POSITIVE_INFINITY });
  await pass();
  expect(await answer).toEqual({ value: { event: 'a', data: 1 } });
  expect(socket.subscriptions()).toEqual(['c']);
  socket.disconnect();
});
