import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { AGServer, attach, healthHandler, listen } from '../src/index.js';
import { startServer, startWithClient, until } from './support/server.js';
import { sign } from './support/tokens.js';

describe('options', () => {
  it('have their documented defaults, and show as properties', () => {
    const server = new AGServer({ authKey: 'key' });
    expect(server).toMatchObject({
      ackTimeout: 10_000,
      handshakeTimeout: 10_000,
      strictHandshake: true,
      pingInterval: 8_000,
      pingTimeout: 20_000,
      pingTimeoutDisabled: false,
      allowClientPublish: true,
      socketChannelLimit: 1_000,
      middlewareEmitFailures: true,
      protocolVersion: 2,
      origins: '*:*',
      signatureKey: 'key',
      verificationKey: 'key',
      clientsCount: 0,
      pendingClientsCount: 0,
      isReady: false,
    });
    expect(server.options).toMatchObject({ maxPayload: 1_048_576, authDefaultExpiry: 86_400 });
    expect(server.getPath()).toBe('/asyngular/');
    expect(server.generateId()).toMatch(/^[\w-]{20}$/);
    expect(server.defaultVerificationOptions).toEqual({ algorithms: ['HS256'] });
    expect(server.brokerEngine.broker).toBe(server.broker);
  });

  it('take limits from the options of the engine, unless they are given themselves', () => {
    const wsEngineServerOptions = { maxPayload: 100, maxFragments: 5 };
    const { options } = new AGServer({ authKey: 'key', maxFragments: 7, wsEngineServerOptions });
    expect(options).toMatchObject({ maxPayload: 100, maxFragments: 7 });
  });

  it.each([
    [
      { ackTimeout: -1 },
      'The ackTimeout option of the server is -1; it must be a number of milliseconds',
    ],
    [{ ackTimeout: '50' }, "The ackTimeout option of the server is '50'"],
    [{ pingInterval: 2 ** 31 }, 'pingInterval'],
    [{ pingInterval: 0 }, 'it must be a number of milliseconds from 1'],
    [{ pingTimeout: Number.NaN }, 'The pingTimeout option of the server is NaN'],
    [{ authDefaultExpiry: Number.POSITIVE_INFINITY }, 'a whole number of seconds from 1'],
    [{ maxPayload: 1.5 }, 'is 1.5; it must be a whole number of bytes, 0 or more'],
    [
      { wsEngineServerOptions: { maxPayload: '1' } },
      'The maxPayload option of wsEngineServerOptions',
    ],
    [{ strictHandshake: 'yes' }, "is 'yes'; it must be true or false"],
    [{ path: 'asyngular' }, "must be a string that starts with '/'"],
    [{ protocolVersion: 3 }, 'must be 1 or 2'],
    [{ authKey: '' }, 'authKey'],
    [{ authEngine: {} }, 'must be an object with verifyToken() and signToken(), or one of them'],
    [{ authEngine: { verifyToken: 5 } }, 'must be an object with verifyToken()'],
    [{ authAlgorithm: 'none' }, "it must be 'HS256' or 'HS384'"],
    [{ authJwksUrl: 'login' }, 'it must be a URL'],
    [{ codecEngine: {} }, 'must be an object with encode() and decode()'],
    [{ broker: {} }, 'must be a broker'],
    [{ origins: 5 }, 'origins'],
    [{ health: 'yes' }, 'health'],
    [{ health: { livePath: 'up' } }, "must be a path that starts with '/'"],
    [
      { health: { readypath: '/up' } },
      'Unknown option readypath of the health handler; did you mean readyPath?',
    ],
    [{ socketStreamCleanupMode: 'drop' }, "it must be 'kill' or 'close' or 'none'"],
    [{ httpServer: {} }, 'httpServer'],
    [{ overflowPolicy: 'explode' }, 'overflowPolicy'],
    [{ overflowPolicy: { 'a:*': 'explode' } }, 'overflowPolicy'],
    [{ inboundHighWaterMark: 0 }, 'it must be a whole number of messages, 1 or more'],
    [
      { presenceGrase: 1 },
      'Unknown option presenceGrase of the server; did you mean presenceGrace?',
    ],
    [{ presenceInterval: 5 }, 'is 5; it must be a number of milliseconds from 10'],
    [{ presenceRepair: 5 }, 'is 5; it must be a number of milliseconds from 100'],
    [{ serverTimeout: 100 }, 'it must be a number of milliseconds from 300 to 60000'],
    [{ maxPresenceBytes: 1.5 }, 'it must be a whole number of bytes, 2 or more'],
    [{ maxPresenceMembers: 0 }, 'it must be a whole number of members, 1 or more'],
    [{ maxBufferedBytesTotal: -1 }, 'maxBufferedBytesTotal'],
    [{ rateLimits: { handshakes: { perSecond: 1 } } }, 'Unknown option handshakes of rateLimits'],
    [{ rateLimits: { calls: { perSecond: 0 } } }, 'it must be a number above 0'],
    [{ rateLimits: { calls: { perSecnd: 1 } } }, 'of rateLimits.calls; did you mean perSecond?'],
    [{ rateLimits: { calls: {} } }, 'rateLimits.calls has no perSecond'],
    [{ addressRateLimits: { calls: 5 } }, 'The calls option of addressRateLimits is 5'],
    [{ clientAddress: '127.0.0.1' }, 'it must be a function'],
    [
      { wsEngine: 'no-such-engine' },
      "The wsEngine option is 'no-such-engine'; it must be 'ws', an object with a Server class",
    ],
    [{ ackTimout: 5 }, 'Unknown option ackTimout of the server; did you mean ackTimeout?'],
    [{ nonsense: undefined }, 'Unknown option nonsense of the server; remove it'],
    ['options', "The options of the server must be an object; they are 'options'"],
    [
      { authPublicKey: 'x' },
      'The authPrivateKey option must be specified if authPublicKey is specified',
    ],
    [
      { authPrivateKey: 'x' },
      'The authPublicKey option must be specified if authPrivateKey is specified',
    ],
    [{ authKey: 'secret', authAlgorithm: 'RS256' }, 'RS256 does not fit the authentication key'],
    [{ authKey: '-----BEGIN PUBLIC KEY-----\nx' }, 'cannot be read'],
  ] as any[])('%j are refused naming the option', (options, message) => {
    expect(() => new AGServer(options)).toThrow(message);
    try {
      new AGServer(options);
    } catch (error) {
      expect((error as Error).name).toBe('InvalidOptionsError');
    }
  });

  it('mean their default as null and undefined, in attach() and listen(), too', () => {
    const server = attach(createServer(), {
      authKey: 'key',
      ackTimeout: null,
      path: undefined,
    } as any);
    expect(server.ackTimeout).toBe(10_000);
    expect(server.getPath()).toBe('/asyngular/');
    expect(() => attach(createServer(), 'options' as any)).toThrow('must be an object');
    expect(() => listen(0, { pth: '/' } as any)).toThrow('did you mean path?');
    expect(() => attach(undefined as any)).toThrow('The HTTP server must have the methods on');
  });

  it('of published servers that have no effect are accepted, with a warning', async () => {
    const { warnings } = await startServer({ brokerEngine: {} } as any);
    await until('a warning', () => warnings.length === 1);
    expect(warnings[0]!.message).toMatch('The brokerEngine option has no effect here');
  });

  it('of methods and handlers are checked, too', async () => {
    const { server, socket } = await startWithClient();
    expect(() => server.drain({ timeout: '5' } as any)).toThrow('The timeout option of drain()');
    expect(() => server.drain({ spred: 5 } as any)).toThrow('did you mean spread?');
    expect(() => server.handle('p', () => 1, { concurrency: 'paralel' } as any)).toThrow(
      "The concurrency option of the handler of p is 'paralel'; it must be 'serial' or 'parallel'",
    );
    expect(() => healthHandler(server, { livepath: '/x' } as any)).toThrow(
      'did you mean livePath?',
    );
    await expect(socket.invoke('p', 1, { ackTimeout: '5' } as any)).rejects.toThrow(
      'The ackTimeout option of invoke()',
    );
    expect(server.health().status).toBe('ok');
  });

  it('of setAuthToken() that are unknown leave the token unsigned', async () => {
    const { client, socket } = await startWithClient();
    const signing = socket.setAuthToken({ name: 'ann' }, { expireIn: 5 } as any);
    await expect(signing).rejects.toThrow(
      'Unknown option expireIn of token signing; did you mean expiresIn?',
    );
    expect((await client.whenClosed()).code).toBe(4002);
  });

  it('of verification that are misspelt accept no token, and call none bad', async () => {
    const { server, client } = await startWithClient();
    server.defaultVerificationOptions = { audiance: 'us' } as any;
    const reply = await client.request('#authenticate', sign({ name: 'ann' }));
    expect(reply.data.isAuthenticated).toBe(false);
    expect(reply.data.authError.message).toMatch('did you mean audience?');
    expect(reply.data.authError.isBadToken).toBe(false);
  });

  it('P7.6 P10.3 closes 1009 above maxPayload and 1008 above maxBatchLength', async () => {
    const { open } = await startServer({ maxPayload: 1_000, maxBatchLength: 3 });
    const client = await open();
    client.transmit('x', 'y'.repeat(900));
    client.send([{}, {}, {}]);
    await client.settled();
    client.transmit('x', 'y'.repeat(1_000));
    expect((await client.whenClosed()).code).toBe(1009);
    const other = await open();
    other.send([{}, {}, {}, {}]);
    expect((await other.whenClosed()).code).toBe(1008);
  });

  it('takes a ws-compatible module as wsEngine, and compression', async () => {
    const ws = await import('ws');
    const { open, server } = await startServer({
      wsEngine: { Server: ws.WebSocketServer },
      perMessageDeflate: true,
      wsEngineServerOptions: { skipUTF8Validation: true },
    });
    const client = await open();
    await client.subscribe('c');
    await server.exchange.transmitPublish('c', 'x'.repeat(5_000));
    await client.settled();
    expect(client.received.at(-2).data.data).toHaveLength(5_000);
  });

  it('takes a codec, swapped at run time too', async () => {
    const { server, open } = await startServer();
    const client = await open();
    server.setCodecEngine({
      encode: (packet) => `!${JSON.stringify(packet)}`,
      decode: (message) => JSON.parse(String(message)),
    });
    client.send({ event: '#unsubscribe', data: 'x', cid: 9 });
    const reply = await client.next('a reply', (message) => String(message).startsWith('!'));
    expect(JSON.parse(reply.slice(1))).toMatchObject({ rid: 9 });
  });

  it('emits InvalidMessageError when the codec throws, and keeps the connection', async () => {
    const { server, open, warnings } = await startServer();
    const client = await open();
    const { codec } = server;
    server.setCodecEngine({
      encode: (packet) => codec.encode(packet),
      decode(message) {
        if (message === 'bad') throw new Error('what is this');
        return codec.decode(message);
      },
    });
    client.send('bad');
    await client.settled();
    expect(warnings.map(({ name, message }) => [name, message])).toEqual([
      ['InvalidMessageError', 'what is this'],
    ]);
  });
});
