import { createServer } from 'node:http';
import { WritableConsumableStream } from '@asyngular/streams';
import { describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import {
  AGExchange,
  AGServer,
  AGServerSocket,
  attach,
  type Engine,
  type EngineOptions,
} from '../src/index.js';
import { collect, onCleanup, startServer, testEngine, until } from './support/server.js';

// What the other files leave out of the public surface: members, events and options one by one.

async function start(options: Parameters<typeof startServer>[0] = {}) {
  const context = await startServer(options);
  const client = await context.open();
  const [socket] = Object.values(context.server.clients);
  return { ...context, client, socket: socket! };
}

describe('a socket', () => {
  it('has its properties and constants', async () => {
    const { server, socket, client } = await start({ batchInterval: 70 });
    expect(socket).toBeInstanceOf(AGServerSocket);
    expect(socket).toMatchObject({
      server,
      exchange: server.exchange,
      state: 'open',
      authState: 'unauthenticated',
      authToken: null,
      signedAuthToken: null,
      protocolVersion: 2,
      remoteAddress: '127.0.0.1',
      remoteFamily: 'IPv4',
      channelSubscriptions: {},
      channelSubscriptionsCount: 0,
      isBatching: false,
      isBufferingBatch: false,
      batchOnHandshake: false,
      batchOnHandshakeDuration: 400,
      batchInterval: 70,
      cloneData: false,
      CONNECTING: 'connecting',
      OPEN: 'open',
      CLOSED: 'closed',
      AUTHENTICATED: 'authenticated',
      UNAUTHENTICATED: 'unauthenticated',
    });
    for (const name of [
      'CONNECTING',
      'OPEN',
      'CLOSED',
      'AUTHENTICATED',
      'UNAUTHENTICATED',
    ] as const) {
      expect(AGServerSocket[name]).toBe(socket[name]);
    }
    expect(AGServerSocket.errorStatuses[4001]).toBe('Client pong timed out');
    expect(AGServerSocket.ignoreStatuses[1000]).toBe('Socket closed normally');
    expect(server.clients[socket.id]).toBe(socket);
    expect(socket.getState()).toBe('open');
    // The engine's own socket object is what it is, and uWebSockets.js does not tell the port.
    if (testEngine() !== 'uws') {
      expect(socket.remotePort).toBe((client.ws as any)._socket.localPort);
      expect(socket.socket.readyState).toBe(WebSocket.OPEN);
    }
    expect(socket.request.headers.upgrade).toBe('websocket');
    expect(socket.forwardedForAddress).toBeUndefined();
    (socket.request as any).forwardedForAddress = '10.0.0.1';
    expect(socket.forwardedForAddress).toBe('10.0.0.1');
    client.terminate();
    await socket.listener('close').once();
    expect([socket.state, socket.remoteAddress]).toEqual(['closed', '127.0.0.1']);
  });

  it('has the streams of its middleware functions', async () => {
    const { server, connect } = await startServer();
    for (const line of ['handshake', 'inboundRaw', 'inbound', 'outbound'] as const) {
      server.setMiddleware(line, async (actions) => {
        for await (const action of actions) action.allow();
      });
    }
    const client = connect();
    await client.handshake();
    await client.subscribe('c');
    await server.exchange.transmitPublish('c', 1);
    await client.settled();
    const [socket] = Object.values(server.clients);
    for (const stream of [
      socket!.middlewareHandshakeStream,
      socket!.middlewareInboundRawStream,
      socket!.middlewareInboundStream,
      socket!.middlewareOutboundStream,
    ]) {
      expect(stream).toBeInstanceOf(WritableConsumableStream);
    }
    expect((socket!.request as any)[server.SYMBOL_MIDDLEWARE_HANDSHAKE_STREAM]).toBe(
      socket!.middlewareHandshakeStream,
    );
    // The handshake is over, and so is its loop; the others run.
    expect(socket!.middlewareHandshakeStream?.getConsumerCount()).toBe(0);
    expect(socket!.middlewareInboundStream?.getConsumerCount()).toBe(1);
    server.removeMiddleware('inboundRaw');
    expect(socket!.middlewareInboundRawStream).toBeUndefined();
    socket!.closeAllMiddlewares();
    await until('the loops end', () => socket!.middlewareInboundStream?.getConsumerCount() === 0);
    expect(socket!.middlewareOutboundStream?.getConsumerCount()).toBe(0);
  });

  it('shows every message and packet in two views', async () => {
    const { server, socket, client } = await start();
    expect(socket.inboundMessageStream).toBe(socket.inboundMessageStream);
    const inbound = collect(socket.inboundMessageStream, String);
    const outbound = collect(socket.outboundPacketStream);
    await client.subscribe('c');
    client.send('raw');
    client.send('');
    socket.transmit('t', 1);
    await server.exchange.transmitPublish('c', 2);
    await client.settled();
    expect(inbound.slice(0, 3)).toEqual([expect.stringContaining('#subscribe'), 'raw', '']);
    expect(outbound.slice(0, 3)).toEqual([
      { rid: 2, data: undefined },
      { event: 't', data: 1 },
      { event: '#publish', data: { channel: 'c', data: 2 } },
    ]);
    expect(outbound.at(-1)).toMatchObject({ rid: 3 });
  });

  it('ignores input after closeInput, but stays connected', async () => {
    const { socket, client } = await start({ pingInterval: 20, pingTimeout: 100 });
    const got = collect(socket.receiver('x'));
    client.transmit('x', 1);
    await client.settled();
    socket.closeInput();
    client.transmit('x', 2);
    for (let i = 0; i < 10; i++) await client.nextPing();
    expect(got).toEqual([1]);
    expect(socket.state).toBe('open');
    socket.transmit('still', 1);
    await client.nextEvent('still');
  });

  it('sends nothing after closeOutput, and nothing that waits after killOutput', async () => {
    for (const end of ['closeOutput', 'killOutput', 'killIO', 'closeIO'] as const) {
      const { socket, client, server } = await start({ pingInterval: 20 });
      socket.startBatch();
      socket.transmit('before');
      socket[end]();
      socket.transmit('after');
      socket.flushBatch();
      await server.exchange.transmitPublish('c', 1);
      await client.nextPing();
      const events = client.received.flat().map(({ event }) => event);
      expect(events.includes('before')).toBe(end.startsWith('close'));
      expect(events).not.toContain('after');
    }
  });

  it.each(['closeAllStreams', 'killAllStreams'] as const)('%s ends all its loops', async (end) => {
    const { server, socket, client } = await start();
    server.setMiddleware('inbound', async (actions) => {
      for await (const action of actions) action.allow();
    });
    let ended = 0;
    for (const stream of [
      socket.receiver('x'),
      socket.procedure('x'),
      socket.listener('raw'),
      socket.inboundMessageStream,
      socket.outboundPacketStream,
    ]) {
      (async () => {
        for await (const _value of stream as AsyncIterable<unknown>);
        ended++;
      })();
    }
    client.transmit('x');
    await until('the middleware runs', () => socket.middlewareInboundStream !== undefined);
    socket[end]();
    await until('all have ended', () => ended === 5);
    expect(socket.getBackpressure()).toBe(0);
    expect(server.clientsCount).toBe(1);
  });

  it('has families of methods for messages, calls and events', async () => {
    const { socket, client } = await start();
    const receiver = socket.receiver('x').createConsumer();
    const procedure = socket.procedure('x').createConsumer();
    const listener = socket.listener('raw').createConsumer();
    client.transmit('x', 1);
    client.transmit('x', 2);
    client.send(client.call('x'));
    client.send('raw');
    await client.settled();
    expect([
      socket.getReceiverBackpressure('x'),
      socket.getProcedureBackpressure('x'),
      socket.getListenerBackpressure('raw'),
      socket.getAllReceiversBackpressure(),
      socket.getReceiverConsumerBackpressure(receiver.id),
      socket.getReceiverConsumerCount('x'),
      socket.getAllProceduresConsumerCount(),
    ]).toEqual([2, 1, 1, 2, 2, 1, 1]);
    expect(socket.hasReceiverConsumer('x', receiver.id)).toBe(true);
    expect(socket.hasAnyProcedureConsumer(procedure.id)).toBe(true);
    expect(socket.getReceiverConsumerStatsList('x')).toEqual([
      { id: receiver.id, backpressure: 2, stream: 'x' },
    ]);
    socket.killReceiverConsumer(receiver.id);
    socket.killAllProcedures();
    socket.killListenerConsumer(listener.id);
    expect(socket.getBackpressure()).toBe(0);
    expect(socket.stats()).toMatchObject({ unconsumedMessages: 0, unconsumedBytes: 0 });
  });

  it('reports errors of the application, and events of its own stay its own', async () => {
    const { server, socket } = await start();
    const errors = collect(socket.listener('error'), ({ error }) => error);
    const warnings = collect(server.listener('warning'), ({ warning }) => warning);
    const own = collect(socket.listener('mine'));
    const error = new Error('mine');
    socket.emitError(error);
    socket.emit('mine', { n: 1 });
    await until('all', () => own.length === 1 && warnings.length === 1);
    expect(errors[0]).toBe(error);
    expect(warnings[0]).toBe(error);
  });

  it('encodes and sends with the codec of the server', async () => {
    const { socket, client } = await start();
    expect(socket.encode({ event: 'a' })).toBe('{"event":"a"}');
    expect(socket.serializeObject({ event: 'a' })).toBe('{"event":"a"}');
    expect(socket.decode('{"event":"a"}')).toEqual({ event: 'a' });
    const sent = client.nextEvent('own');
    socket.sendObject({ event: 'own', data: 1 });
    expect(await sent).toEqual({ event: 'own', data: 1 });
  });

  it('discards continuous batches with cancelBatching', async () => {
    const { socket, client } = await start({ batchInterval: 5 });
    socket.startBatching();
    socket.transmit('lost');
    const call = socket.invoke('lost');
    socket.cancelBatching();
    await expect(call).rejects.toMatchObject({ name: 'AbortError' });
    expect([socket.isBatching, socket.isBufferingBatch]).toEqual([false, false]);
    await client.settled();
    expect(client.received.flat().some(({ event }) => event === 'lost')).toBe(false);
  });

  it('rejects calls beyond maxPendingCalls', async () => {
    const { socket } = await start({ maxPendingCalls: 1 });
    socket.invoke('a').catch(() => {});
    await expect(socket.invoke('b')).rejects.toMatchObject({ name: 'ResourceLimitError' });
  });
});

describe('events', () => {
  it('of a socket come with their twins and payloads, in order', async () => {
    const { server, connect } = await startServer();
    const seen: [string, unknown][] = [];
    const strip = ({ socket: _socket, ...rest }: any) => rest;
    const twins = {
      connect: 'connection',
      disconnect: 'disconnection',
      close: 'closure',
      subscribe: 'subscription',
      unsubscribe: 'unsubscription',
      authTokenSigned: 'authTokenSigned',
      authStateChange: 'authenticationStateChange',
      authenticate: 'authentication',
      deauthenticate: 'deauthentication',
      badAuthToken: 'badSocketAuthToken',
    } as const;
    for (const name of Object.values(twins)) {
      collect(server.listener(name), (payload: any) => {
        expect(payload.socket).toBeInstanceOf(AGServerSocket);
        seen.push([`server ${name}`, strip(payload)]);
      });
    }
    const ended: unknown[] = [];
    (async () => {
      for await (const { socket } of server.listener('handshake')) {
        expect(socket.state).toBe('connecting');
        for (const name of Object.keys(twins) as (keyof typeof twins)[]) {
          collect(socket.listener(name), (payload) => seen.push([name, payload]));
        }
        collect(socket.listener('end'), (payload) => ended.push(payload));
      }
    })();
    const client = connect();
    await client.opened();
    await client.handshake();
    const [socket] = Object.values(server.clients);
    await client.subscribe('c', 1);
    await socket!.setAuthToken({ name: 'ann' });
    await client.request('#authenticate', 'bad');
    client.ws.close(4100, 'bye');
    await until('the end', () => ended.length === 1);
    expect(ended).toEqual([undefined]);
    // Pairs: the socket's event, then the server's, with the same payload.
    for (let i = 0; i < seen.length; i += 2) {
      const [name, payload] = seen[i]!;
      expect(seen[i + 1]).toEqual([`server ${twins[name as keyof typeof twins]}`, payload]);
    }
    expect(seen.filter((_, index) => index % 2 === 0).map(([name]) => name)).toEqual([
      'connect',
      'subscribe',
      'authTokenSigned',
      'authStateChange',
      'authenticate',
      'authStateChange',
      'deauthenticate',
      'badAuthToken',
      'disconnect',
      'close',
      'unsubscribe',
    ]);
    const payloadOf = (name: string) => seen.find((entry) => entry[0] === name)?.[1];
    expect(payloadOf('connect')).toEqual({
      id: socket!.id,
      pingTimeout: 20_000,
      isAuthenticated: false,
    });
    expect(payloadOf('subscribe')).toEqual({ channel: 'c', subscriptionOptions: { data: 1 } });
    expect(payloadOf('disconnect')).toEqual({ code: 4100, reason: 'bye' });
    expect(payloadOf('authStateChange')).toMatchObject({
      oldAuthState: 'unauthenticated',
      newAuthState: 'authenticated',
      authToken: { name: 'ann' },
    });
  });

  it('connectAbort and connectionAbort tell of a handshake that was not completed', async () => {
    const { server, connect } = await startServer();
    const aborts: unknown[] = [];
    (async () => {
      for await (const { socket } of server.listener('handshake')) {
        collect(socket.listener('connectAbort'), (payload) => aborts.push(payload));
      }
    })();
    collect(server.listener('connectionAbort'), ({ code }) => aborts.push(code));
    const client = connect();
    await client.opened();
    client.ws.close(4200, 'no');
    await until('both', () => aborts.length === 2);
    expect(aborts).toEqual([{ code: 4200, reason: 'no' }, 4200]);
  });

  it('connect tells why a token was not accepted', async () => {
    const { server, connect } = await startServer();
    const connection = server.listener('connection').once();
    const client = connect();
    await client.opened();
    await client.handshake('bad');
    const event = await connection;
    expect(event.isAuthenticated).toBe(false);
    expect(event.authError).toMatchObject({ name: 'AuthTokenInvalidError', isBadToken: true });
  });
});

describe('a server', () => {
  it('judges requests with verifyHandshake as it judges upgrades', async () => {
    const { server } = await startServer({ origins: 'good.com:80' });
    const verdict = (origin: string) =>
      new Promise((resolve) => {
        const info = { origin, secure: false, req: { headers: {} } as any };
        server.verifyHandshake(info, (...result) => resolve(result));
      });
    expect(await verdict('http://good.com')).toEqual([true]);
    expect(await verdict('http://evil.com')).toEqual([
      false,
      403,
      'Failed to authorize socket handshake - Invalid origin: http://evil.com',
    ]);
    let ended = false;
    server.setMiddleware('handshake', async (actions) => {
      for await (const action of actions) action.block(new Error('closed today'));
      ended = true;
    });
    expect(await verdict('http://good.com')).toEqual([false, 401, 'closed today']);
    await until('its middleware run ends', () => ended);
  });

  it('emits errors and warnings of the application', async () => {
    const { server } = await startServer();
    const seen: unknown[] = [];
    collect(server.listener('error'), ({ error }) => seen.push(['error', error.message]));
    collect(server.listener('warning'), ({ warning }) => seen.push(['warning', warning.message]));
    server.emitError(new Error('a'));
    server.emitWarning(new Error('b'));
    await until('both', () => seen.length === 2);
    expect(seen).toEqual([
      ['error', 'a'],
      ['warning', 'b'],
    ]);
  });

  it('has its parts as properties, and is disposable', async () => {
    const httpServer = createServer();
    let kept: AGServer;
    {
      await using server = attach(httpServer, { authKey: 'key', perMessageDeflate: true });
      kept = server;
      expect(server.httpServer).toBe(httpServer);
      expect(server.wsServer).toBeInstanceOf(WebSocketServer);
      expect(server.exchange).toBeInstanceOf(AGExchange);
      expect(server.perMessageDeflate).toBe(true);
      expect(server.codec.encode({ a: 1 })).toBe('{"a":1}');
      expect(typeof server.auth.verifyToken).toBe('function');
      expect(server.defaultSignatureOptions).toEqual({ algorithm: 'HS256' });
      expect(AGServer.MIDDLEWARE_INBOUND_RAW).toBe(server.MIDDLEWARE_INBOUND_RAW);
      expect(AGServer.SYMBOL_MIDDLEWARE_HANDSHAKE_STREAM).toBe(
        server.SYMBOL_MIDDLEWARE_HANDSHAKE_STREAM,
      );
      if (!server.isReady) await server.listener('ready').once();
    }
    expect(kept.isReady).toBe(false);
    expect(httpServer.listenerCount('upgrade')).toBe(0);
  });

  it('reads options again that were assigned while it runs', async () => {
    const { server, open, connect } = await startServer();
    server.pingTimeout = 7_777;
    server.pingInterval = 5_000;
    const client = await open();
    expect(client.received[0].data.pingTimeout).toBe(7_777);
    server.socketChannelLimit = 1;
    await client.subscribe('a');
    expect((await client.subscribe('b')).error.name).toBe('BrokerError');
    server.ackTimeout = 10;
    const [socket] = Object.values(server.clients);
    await expect(socket!.invoke('nobody')).rejects.toMatchObject({ name: 'TimeoutError' });
    server.handshakeTimeout = 30;
    expect((await connect().whenClosed()).code).toBe(4005);
    server.strictHandshake = false;
    const loose = connect();
    await loose.opened();
    loose.transmit('early');
    await loose.handshake();
  });

  it('counts what happens in stats()', async () => {
    const { server, client, connect } = await start();
    server.setMiddleware('inbound', async (actions) => {
      for await (const action of actions) {
        if (action.type === 'subscribe' && action.channel === 'no') action.block();
        else action.allow();
      }
    });
    await client.subscribe('a');
    await client.subscribe('no');
    client.transmit('nobody');
    client.send(client.call('nobody'));
    await client.settled();
    await connect().opened();
    await until('one is pending', () => server.pendingClientsCount === 1);
    expect(server.stats()).toMatchObject({
      clients: 1,
      pendingClients: 1,
      channels: 1,
      handshakes: 1,
      unhandledTransmits: 1,
      unhandledCalls: 1,
      blockedActions: 1,
    });
  });
});

describe('options', () => {
  it('codecEngine replaces JSON on both ways', async () => {
    const reverse = (text: string) => [...text].reverse().join('');
    const { server, connect } = await startServer({
      codecEngine: {
        encode: (packet) => reverse(JSON.stringify(packet)),
        decode: (message) => JSON.parse(reverse(String(message))),
      },
    });
    server.handle('echo', (data) => data);
    const client = connect();
    await client.opened();
    const reply = (cid: number) =>
      client.next('a reply', (text) => String(text).includes(`${cid}:"dir"`));
    const first = reply(1);
    client.send(reverse('{"event":"#handshake","cid":1}'));
    await first;
    const second = reply(2);
    client.send(reverse('{"event":"echo","data":"x","cid":2}'));
    expect(reverse(await second)).toBe('{"rid":2,"data":"x"}');
  });

  it('handleProtocols chooses a sub-protocol', async () => {
    const { url } = await startServer({
      handleProtocols: (protocols) => (protocols.has('two') ? 'two' : false),
    });
    const ws = new WebSocket(url, ['one', 'two']);
    onCleanup(() => ws.terminate());
    await new Promise((resolve) => ws.once('open', resolve));
    expect(ws.protocol).toBe('two');
  });

  it('wsEngine may be an engine of your own', async () => {
    const { createWsEngine } = await import('../src/engine/ws.js');
    let given: EngineOptions | undefined;
    let upgrades = 0;
    const { open } = await startServer({
      wsEngineServerOptions: { custom: 1 },
      wsEngine: {
        createEngine(options): Engine {
          given = options;
          const engine = createWsEngine(options);
          return {
            ...engine,
            upgrade: (...parameters) => {
              upgrades++;
              engine.upgrade(...parameters);
            },
          };
        },
      },
    });
    await (await open()).settled();
    expect(given).toMatchObject({ maxPayload: 1_048_576, wsEngineServerOptions: { custom: 1 } });
    expect(upgrades).toBe(1);
  });

  it('cloneData fixes what is sent at the call; without it the batch decides', async () => {
    for (const cloneData of [true, false]) {
      const { socket, client } = await start({ cloneData });
      const data = { n: 1 };
      socket.startBatch();
      socket.transmit('x', data);
      data.n = 2;
      const sent = client.nextEvent('x');
      socket.flushBatch();
      expect((await sent).data.n).toBe(cloneData ? 1 : 2);
    }
  });

  it('middlewareEmitFailures false silences the handshake line, too', async () => {
    const { server, connect, warnings } = await startServer({ middlewareEmitFailures: false });
    server.setMiddleware('handshake', async (actions) => {
      for await (const action of actions) {
        if (action.type === 'handshakeAG') action.block(new Error('no'));
        else action.allow();
      }
    });
    const client = connect();
    await client.handshake();
    await client.whenClosed();
    await until('it is gone', () => server.pendingClientsCount === 0);
    expect(warnings.map(({ name }) => name)).toEqual(['SocketProtocolError']);
  });

  it('protocolVersion 1 has its own heartbeat', async () => {
    const { socket, client, server } = await start({ protocolVersion: 1, pingInterval: 20 });
    expect([server.protocolVersion, socket.protocolVersion]).toEqual([1, 1]);
    expect(await client.nextPing()).toBe('#1');
    // A pong of version 2 is a raw message here (P11.3).
    const raw = socket.listener('raw').once();
    client.send('');
    expect(await raw).toEqual({ message: '' });
  });

  it('probes for version 1 in time, however long the interval (P11.6)', async () => {
    // A quarter of the interval would come after the limit.
    const { connect } = await startServer({ pingInterval: 1_000, pingTimeout: 1_100 });
    const client = connect({ answersPings: false });
    await client.handshake();
    expect((await client.whenClosed()).code).toBe(4001);
    expect(client.pings).toEqual(['', '#1']);
  });
});

describe('the exchange', () => {
  it('is one for the server and its sockets, and has the methods of channels', async () => {
    const { server, socket } = await start();
    const { exchange } = server;
    expect(socket.exchange).toBe(exchange);
    const output = exchange.subscribe('c').createConsumer();
    const events = exchange.channel('c').listener('unsubscribe').createConsumer();
    await exchange.invokePublish('c', 1);
    await exchange.invokePublish('c', 2);
    expect(exchange.getChannelState('c')).toBe('subscribed');
    expect(exchange.getChannelOptions('c')).toEqual({});
    expect(exchange.getChannelBackpressure('c')).toBe(2);
    expect(exchange.channelHasOutputConsumer('c', output.id)).toBe(true);
    expect(exchange.channelHasListenerConsumer('c', 'unsubscribe', events.id)).toBe(true);
    expect(exchange.getAllChannelsBackpressure()).toBe(2);
    exchange.killChannel('c');
    expect(exchange.getBackpressure()).toBe(0);
    expect(exchange.isSubscribed('c')).toBe(true);
    exchange.closeAllChannels();
    await exchange.unsubscribe('c');
    await exchange.unsubscribe('never');
    expect(exchange.getChannelState('c')).toBe('unsubscribed');
  });

  it('passes no middleware itself; its publications pass the outbound line', async () => {
    const { server, client } = await start();
    const seen: string[] = [];
    for (const line of ['inbound', 'outbound'] as const) {
      server.setMiddleware(line, async (actions) => {
        for await (const action of actions as AsyncIterable<any>) {
          seen.push(action.type);
          action.allow();
        }
      });
    }
    const got = collect(server.exchange.subscribe('c'));
    await client.subscribe('c');
    const delivered = client.nextEvent('#publish');
    await server.exchange.transmitPublish('c', 1);
    await delivered;
    expect(seen).toEqual(['subscribe', 'publishOut']);
    expect(got).toEqual([1]);
  });
});
