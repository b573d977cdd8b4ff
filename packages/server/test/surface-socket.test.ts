import { WritableConsumableStream } from '@asyngular/streams';
import { pass, stopTime } from '@asyngular/test-utils/clock';
import { within } from '@asyngular/test-utils/wait';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { AGServerSocket } from '../src/index.js';
import { collect, startServer, startWithClient, testEngine, until } from './support/server.js';

// What the other files leave out of the public surface of a socket: its members, one by one.

type OwnSocket = AGServerSocket<{ events: { mine: { n: number } } }>;

describe('a socket', () => {
  it('has its properties and constants', async () => {
    const { server, socket, client } = await startWithClient({ batchInterval: 70 });
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
    await within('the close', socket.listener('close').once());
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
    const { server, socket, client } = await startWithClient();
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
    const { server, open } = await startServer({ pingInterval: 20, pingTimeout: 100 });
    stopTime();
    const client = await open();
    const socket = Object.values(server.clients)[0]!;
    const got = collect(socket.receiver('x'));
    client.transmit('x', 1);
    await client.settled();
    socket.closeInput();
    client.transmit('x', 2);
    for (let i = 0; i < 10; i++) {
      const ping = client.nextPing();
      await pass(20);
      await ping;
    }
    expect(got).toEqual([1]);
    expect(socket.state).toBe('open');
    socket.transmit('still', 1);
    await client.nextEvent('still');
  });

  it('sends nothing after closeOutput, and nothing that waits after killOutput', async () => {
    for (const end of ['closeOutput', 'killOutput', 'killIO', 'closeIO'] as const) {
      const { socket, client, server } = await startWithClient({ pingInterval: 20 });
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
    const { server, socket, client } = await startWithClient();
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
    const { socket, client } = await startWithClient();
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
    const { server, socket } = await startWithClient();
    const errors = collect(socket.listener('error'), ({ error }) => error);
    const warnings = collect(server.listener('warning'), ({ warning }) => warning);
    const own = collect((socket as OwnSocket).listener('mine'));
    const error = new Error('mine');
    socket.emitError(error);
    (socket as OwnSocket).emit('mine', { n: 1 });
    await until('all', () => own.length === 1 && warnings.length === 1);
    expect(errors[0]).toBe(error);
    expect(warnings[0]).toBe(error);
  });

  it('encodes and sends with the codec of the server', async () => {
    const { socket, client } = await startWithClient();
    expect(socket.encode({ event: 'a' })).toBe('{"event":"a"}');
    expect(socket.serializeObject({ event: 'a' })).toBe('{"event":"a"}');
    expect(socket.decode('{"event":"a"}')).toEqual({ event: 'a' });
    const sent = client.nextEvent('own');
    socket.sendObject({ event: 'own', data: 1 });
    expect(await sent).toEqual({ event: 'own', data: 1 });
  });

  it('discards continuous batches with cancelBatching', async () => {
    const { socket, client } = await startWithClient({ batchInterval: 5 });
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
    const { socket } = await startWithClient({ maxPendingCalls: 1 });
    socket.invoke('a').catch(() => {});
    await expect(socket.invoke('b')).rejects.toMatchObject({ name: 'ResourceLimitError' });
  });
});
