import { describe, expect, it } from 'vitest';
import { AGServer } from '../src/index.js';
import { startServer } from './support/server.js';

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
    [{ ackTimeout: -1 }, 'The ackTimeout option is -1; it must be a number of milliseconds'],
    [{ pingInterval: 2 ** 31 }, 'pingInterval'],
    [{ pingInterval: 0 }, 'it must be a number of milliseconds from 1'],
    [{ pingTimeout: Number.NaN }, 'The pingTimeout option is NaN'],
    [{ authDefaultExpiry: Number.POSITIVE_INFINITY }, 'a whole number of seconds, 1 or more'],
    [{ maxPayload: 1.5 }, 'The maxPayload option is 1.5; it must be a whole number, 0 or more'],
    [{ strictHandshake: 'yes' }, "The strictHandshake option is 'yes'; it must be true or false"],
    [{ path: 'asyngular' }, "must be a string that starts with '/'"],
    [{ protocolVersion: 3 }, 'must be 1 or 2'],
    [{ authKey: '' }, 'authKey'],
    [{ authEngine: {} }, 'must be an object with verifyToken() and signToken(), or one of them'],
    [{ codecEngine: {} }, 'must be an object with encode() and decode()'],
    [{ broker: {} }, 'must be a broker'],
    [{ origins: 5 }, 'origins'],
    [{ overflowPolicy: 'explode' }, 'overflowPolicy'],
    [{ overflowPolicy: { 'a:*': 'explode' } }, 'overflowPolicy'],
    [{ inboundHighWaterMark: 0 }, 'it must be a whole number, 1 or more'],
    [{ maxBufferedBytesTotal: -1 }, 'maxBufferedBytesTotal'],
    [{ rateLimits: { handshakes: { perSecond: 1 } } }, 'The rateLimits option'],
    [{ rateLimits: { calls: { perSecond: 0 } } }, 'numbers above 0'],
    [{ addressRateLimits: { calls: 5 } }, 'The addressRateLimits option'],
    [{ clientAddress: '127.0.0.1' }, 'it must be a function'],
    [{ wsEngine: 'no-such-engine' }, 'The wsEngine option must be a path or module name'],
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

  it('closes 1009 above maxPayload and 1008 above maxBatchLength', async () => {
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
