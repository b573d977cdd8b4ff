import { within } from '@asyngular/test-utils/wait';
import { describe, expect, it } from 'vitest';
import { collect, onConnection, startServer, testEngine, until } from './support/server.js';

describe('the end of a socket', () => {
  it('emits its events in the documented order', async () => {
    const { server, open } = await startServer();
    const events: string[] = [];
    const connection = within('a connection', server.listener('connection').once());
    const client = await open();
    const { socket } = await connection;
    const invoked = socket.invoke('never').catch((error) => events.push(`rejected ${error.name}`));
    for (const name of ['disconnect', 'close', 'error', 'unsubscribe', 'end'] as const) {
      collect(socket.listener(name), () => events.push(name));
    }
    for (const name of ['disconnection', 'closure', 'warning', 'unsubscription'] as const) {
      collect(server.listener(name), () =>
        events.push(`${name} ${name === 'warning' ? server.clientsCount : ''}`.trim()),
      );
    }
    await client.subscribe('a');
    await client.subscribe('b');
    client.ws.close(4123);
    await invoked;
    await until('the end', () => events.includes('end'));
    expect(events).toEqual([
      'rejected BadConnectionError',
      'disconnect',
      'disconnection',
      'close',
      'closure',
      'error',
      'warning 0',
      'unsubscribe',
      'unsubscription',
      'unsubscribe',
      'unsubscription',
      'end',
    ]);
    expect(socket.state).toBe('closed');
  });

  it('emits no error for 1000 and 1001, and tells code and reason', async () => {
    const { server, open, warnings } = await startServer();
    const closures = collect(server.listener('disconnection'), ({ code, reason }) => [
      code,
      reason,
    ]);
    const client = await open();
    client.ws.close(1001, 'bye');
    await until('it is gone', () => closures.length === 1);
    const other = await open();
    other.ws.close(4123, 'mine');
    await until('it is gone', () => closures.length === 2);
    const third = await open();
    third.ws.close(4124, '{"why":"tired"}');
    await until('it is gone', () => closures.length === 3);
    expect(closures).toEqual([
      [1001, 'bye'],
      [4123, 'mine'],
      [4124, { why: 'tired' }],
    ]);
    expect(warnings.map((warning: any) => [warning.name, warning.code])).toEqual([
      ['SocketProtocolError', 4123],
      ['SocketProtocolError', 4124],
    ]);
  });

  it('disconnect sends what came before, then code and reason; bad arguments still close', async () => {
    const { server, open, warnings } = await startServer();
    const client = await open();
    const [socket] = Object.values(server.clients);
    socket!.transmit('last', 1);
    await socket!.disconnect(4321, 'reason');
    expect(socket!.state).toBe('closed');
    expect(await client.whenClosed()).toEqual({ code: 4321, reason: 'reason' });
    expect(client.received.at(-1)).toEqual({ event: 'last', data: 1 });
    for (const [code, reason] of [
      ['text', undefined],
      [99_999, undefined],
      [4000, 'ü'.repeat(100)],
    ] as any[]) {
      const another = await open();
      await Object.values(server.clients)[0]!.disconnect(code, reason);
      const closed = await another.whenClosed();
      expect(closed.code).toBe(code === 4000 ? 4000 : 1000);
      expect(Buffer.byteLength(closed.reason)).toBeLessThanOrEqual(123);
    }
    expect(warnings.filter(({ name }) => name === 'InvalidArgumentsError')).toHaveLength(2);
  });

  it('terminate drops the connection', async () => {
    const { server, open } = await startServer();
    const client = await open();
    Object.values(server.clients)[0]!.terminate();
    expect((await client.whenClosed()).code).toBe(1006);
    expect(server.clientsCount).toBe(0);
  });

  it.each([
    ['kill', 1],
    ['close', 15],
  ] as const)('cleanup mode %s', async (socketStreamCleanupMode, expected) => {
    const { server, open } = await startServer({ socketStreamCleanupMode });
    let handled = 0;
    let ended = false;
    let release: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    onConnection(server, async (socket) => {
      for await (const _data of socket.receiver('x')) {
        await gate;
        handled++;
      }
      ended = true;
    });
    const client = await open();
    for (let i = 0; i < 15; i++) client.transmit('x', i);
    await client.settled();
    const closed = within('the closure', server.listener('closure').once());
    client.close();
    await closed;
    await new Promise((resolve) => setImmediate(resolve));
    release();
    await until('the loop has ended', () => ended);
    expect(handled).toBe(expected);
  });

  it('cleanup mode none leaves loops alone', async () => {
    const { server, open } = await startServer({ socketStreamCleanupMode: 'none' });
    let socket: any;
    onConnection(server, (connected) => {
      socket = connected;
      collect(socket.receiver('x'));
    });
    const client = await open();
    client.close();
    await within('the closure', server.listener('closure').once());
    expect(socket.getReceiverConsumerCount('x')).toBe(1);
  });

  it('5,000 packets in one batch let other sockets be served meanwhile', async () => {
    const { server, open } = await startServer();
    let count = 0;
    const order: string[] = [];
    onConnection(server, (socket) => {
      collect(socket.receiver('x'), () => {
        if (++count === 5_000) order.push('batch done');
      });
      (async () => {
        for await (const request of socket.procedure('ping')) {
          order.push('ping');
          request.end();
        }
      })();
    });
    const big = await open();
    const small = await open();
    big.send([...Array(5_000)].map(() => ({ event: 'x' })));
    await small.request('ping');
    await big.settled();
    expect(count).toBe(5_000);
    expect(order).toContain('ping');
  });
});

describe('kickOut', () => {
  it('takes one, several or all channels, tells the client and emits events', async () => {
    const { server, open } = await startServer();
    const client = await open();
    const events = collect(server.listener('unsubscription'), ({ channel }) => channel);
    for (const channel of ['a', 'b', 'c', 'd']) await client.subscribe(channel);
    const [socket] = Object.values(server.clients);
    await socket!.kickOut('a', { why: 1 });
    await socket!.kickOut(['b'], 'text');
    await socket!.kickOut();
    await client.settled();
    expect(client.received.filter(({ event }) => event === '#kickOut').map((p) => p.data)).toEqual([
      { channel: 'a', message: { why: 1 } },
      { channel: 'b', message: 'text' },
      { channel: 'c' },
      { channel: 'd' },
    ]);
    expect(events).toEqual(['a', 'b', 'c', 'd']);
    expect(socket!.subscriptions()).toEqual([]);
  });

  it('tells the client without the message when that cannot be encoded', async () => {
    const { server, open } = await startServer();
    const client = await open();
    await client.subscribe('news');
    const [socket] = Object.values(server.clients);
    const failure = within('the error', socket!.listener('error').once());
    await socket!.kickOut('news', { until: 10n });
    expect((await failure).error).toBeInstanceOf(TypeError);
    await client.settled();
    expect(client.received.filter(({ event }) => event === '#kickOut').map((p) => p.data)).toEqual([
      { channel: 'news' },
    ]);
    expect(socket!.subscriptions()).toEqual([]);
  });

  it('rejects for a channel that is not subscribed, unobserved too', async () => {
    const { server, open } = await startServer();
    const client = await open();
    const [socket] = Object.values(server.clients);
    socket!.kickOut('nope');
    await expect(socket!.kickOut('nope')).rejects.toMatchObject({ name: 'InvalidActionError' });
    await client.settled();
    expect(client.received.filter(({ event }) => event === '#kickOut')).toHaveLength(2);
  });
});

describe('batching', () => {
  it('collects packets of every kind into one array, in order', async () => {
    const { server, open } = await startServer();
    const client = await open();
    await client.subscribe('c');
    const [socket] = Object.values(server.clients);
    socket!.startBatch();
    expect(socket!.isBufferingBatch).toBe(true);
    socket!.transmit('a', 1);
    server.exchange.transmitPublish('c', 2);
    socket!.transmit('b', 3);
    socket!.flushBatch();
    await client.settled();
    expect(client.received[2]).toEqual([
      { event: 'a', data: 1 },
      { event: '#publish', data: { channel: 'c', data: 2 } },
      { event: 'b', data: 3 },
    ]);
  });

  it('drops only the packet that cannot be encoded', async () => {
    const { server, open } = await startServer();
    const client = await open();
    const [socket] = Object.values(server.clients);
    socket!.startBatch();
    socket!.transmit('a', 1);
    socket!.transmit('b', 1n);
    const call = socket!.invoke('c', 2n);
    socket!.flushBatch();
    await expect(call).rejects.toThrow(/BigInt/);
    await client.settled();
    expect(client.received[1]).toEqual({ event: 'a', data: 1 });
  });

  it('P7.7 cancelBatch rejects the calls among the packets', async () => {
    const { server, open } = await startServer();
    await open();
    const [socket] = Object.values(server.clients);
    socket!.startBatch();
    const call = socket!.invoke('c');
    socket!.cancelBatch();
    await expect(call).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('batchOnHandshake groups what is sent after the handshake; batching is continuous', async () => {
    const { server, open } = await startServer({
      batchOnHandshake: true,
      batchOnHandshakeDuration: 30,
      batchInterval: 10,
    });
    onConnection(server, (socket) => {
      socket.transmit('a');
      socket.transmit('b');
    });
    const client = await open();
    await until('the batch', () => client.received.length === 2);
    expect(client.received[1]).toEqual([{ event: 'a' }, { event: 'b' }]);
    const [socket] = Object.values(server.clients);
    socket!.startBatching();
    expect(socket!.isBatching).toBe(true);
    socket!.transmit('c');
    socket!.transmit('d');
    await until('the interval', () => client.received.length === 3);
    expect(client.received[2]).toHaveLength(2);
    socket!.stopBatching();
    expect(socket!.isBufferingBatch).toBe(false);
  });
});

describe('server.close', () => {
  it('terminates open and pending sockets, refuses new ones, keeps the HTTP server', async () => {
    const { server, open, connect } = await startServer();
    await until('ready', () => server.isReady);
    const client = await open();
    const pending = connect();
    await pending.opened();
    await server.close();
    await server.close();
    expect((await client.whenClosed()).code).toBe(1006);
    expect((await pending.whenClosed()).code).toBe(1006);
    expect(server.isReady).toBe(false);
    expect([server.clientsCount, server.pendingClientsCount]).toEqual([0, 0]);
    // An engine that listens itself has ended with the server.
    expect(server.httpServer?.listening).toBe(testEngine() === 'uws' ? undefined : true);
  });

  it('keeps open sockets when asked', async () => {
    const { server, open } = await startServer();
    const client = await open();
    await server.close(true);
    await client.settled();
    expect(server.clientsCount).toBe(1);
    client.terminate();
    await within('the closure', server.listener('closure').once());
  });

  it('emits ready one macrotask after the start', async () => {
    const { server } = await startServer();
    if (!server.isReady) await within('the server to be ready', server.listener('ready').once());
    expect(server.isReady).toBe(true);
  });
});
