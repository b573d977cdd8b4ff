import { createServer } from 'node:http';
import { pass, stopTime } from '@asyngular/test-utils/clock';
import { nextEvent } from '@asyngular/test-utils/event';
import { within } from '@asyngular/test-utils/wait';
import { describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { AGExchange, AGServer, attach, type Engine, type EngineOptions } from '../src/index.js';
import { collect, onCleanup, startServer, startWithClient, until } from './support/server.js';

// What the other files leave out of the public surface of a server: members, options and the exchange, one by one.

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
      if (!server.isReady) await within('the server to be ready', server.listener('ready').once());
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
    server.handshakeTimeout = 10_000;
    server.strictHandshake = false;
    const loose = connect();
    await loose.opened();
    loose.transmit('early');
    await loose.handshake();
  });

  it('counts what happens in stats()', async () => {
    const { server, client, connect } = await startWithClient();
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
    await nextEvent(ws, 'open');
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
      const { socket, client } = await startWithClient({ cloneData });
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
    const { socket, client, server } = await startWithClient({
      protocolVersion: 1,
      pingInterval: 20,
    });
    expect([server.protocolVersion, socket.protocolVersion]).toEqual([1, 1]);
    expect(await client.nextPing()).toBe('#1');
    // A pong of version 2 is a raw message here (P11.3).
    const raw = within('the raw message', socket.listener('raw').once());
    client.send('');
    expect(await raw).toEqual({ message: '' });
  });

  it('probes for version 1 in time, however long the interval (P11.6)', async () => {
    // A quarter of the interval would come after the limit.
    const { connect } = await startServer({ pingInterval: 1_000, pingTimeout: 1_100 });
    stopTime();
    const client = connect({ answersPings: false });
    await client.handshake();
    await pass(1_100);
    expect((await client.whenClosed()).code).toBe(4001);
    expect(client.pings).toEqual(['', '#1']);
  });
});

describe('the exchange', () => {
  it('is one for the server and its sockets, and has the methods of channels', async () => {
    const { server, socket } = await startWithClient();
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
    const { server, client } = await startWithClient();
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
