import { beforeEach, describe, expect, it } from 'vitest';
import { connected, firstOffer, pass, start, useVirtualTime } from './support/harness.js';

beforeEach(useVirtualTime);

describe('connect', () => {
  it('sends handshake, then subscriptions by priority, then buffered events in order', async () => {
    const { socket, server, log } = start();
    socket.subscribe('low', { priority: -1 });
    socket.subscribe('first');
    socket.subscribe('second', { data: 0 });
    socket.subscribe('high', { priority: 5 });
    void socket.transmit('a', 1);
    expect(socket.state).toBe('connecting');
    const call = socket.invoke('b', 2);
    void socket.transmitPublish('p', 3);
    await pass();
    expect(await call).toEqual({ event: 'b', data: 2 });
    expect(server.last.packets).toEqual([
      {
        event: '#handshake',
        data: {
          authToken: null,
          ext: firstOffer,
        },
        cid: 1,
      },
      { event: '#subscribe', data: { channel: 'high' }, cid: 2 },
      { event: '#subscribe', data: { channel: 'first' }, cid: 3 },
      { event: '#subscribe', data: { channel: 'second', data: 0 }, cid: 4 },
      { event: '#subscribe', data: { channel: 'low' }, cid: 5 },
      { event: 'a', data: 1 },
      { event: 'b', data: 2, cid: 6 },
      { event: '#publish', data: { channel: 'p', data: 3 } },
    ]);
    const connection = log.filter((name) => !/subscribeState/i.test(name));
    expect(connection.slice(0, 6)).toEqual([
      'connecting',
      'subscribeRequest',
      'subscribeRequest',
      'subscribeRequest',
      'subscribeRequest',
      'connect',
    ]);
  });

  it('reports id, ping timeout and both subscription functions', async () => {
    const { socket, payloads } = await connected();
    const { payload } = payloads.find(({ name }) => name === 'connect')!;
    expect(payload).toMatchObject({
      id: 'socket-1',
      pingTimeout: 20_000,
      isAuthenticated: false,
      authToken: null,
    });
    expect(payload).not.toHaveProperty('authError');
    expect(payload.processSubscriptions).toBe(payload.processPendingSubscriptions);
    expect(socket.id).toBe('socket-1');
    expect(socket.pingTimeout).toBe(20_000);
  });

  it('aborts with 4007 when the WebSocket does not open', async () => {
    const harness = start({ connectTimeout: 500, autoReconnect: false });
    harness.server.behaviour.connect = 'hang';
    harness.socket.connect();
    await pass(500);
    expect(harness.log).toEqual(['connecting', 'connectAbort', 'close', 'error']);
    expect(harness.payloads[1]!.payload).toEqual({
      code: 4007,
      reason: 'Client connection establishment timed out',
      cause: expect.objectContaining({
        name: 'ConnectionError',
        message:
          'Could not connect to ws://localhost/asyngular/: no answer within 500 ms (connectTimeout)',
      }),
    });
    expect(harness.server.last.closedWith?.code).toBe(4007);
  });

  it('emits the rejection of the handshake, then aborts with its code', async () => {
    const harness = start({ autoReconnect: false });
    harness.server.behaviour.handshake = () => ({
      error: { name: 'Blocked', message: 'no', statusCode: 4501 },
    });
    harness.socket.connect();
    await pass();
    expect(harness.log).toEqual(['connecting', 'error', 'connectAbort', 'close', 'error']);
    const errors = harness.payloads.filter(({ name }) => name === 'error');
    expect(errors.map(({ payload }) => payload.error.name)).toEqual([
      'Blocked',
      'SocketProtocolError',
    ]);
    expect(harness.payloads[2]!.payload).toEqual({
      code: 4501,
      reason: 'Blocked: no',
      cause: errors[0]!.payload.error,
    });
    expect(harness.socket.pendingReconnect).toBe(false);
  });

  it('P4.6 closes with 4003 when the handshake is not answered within ackTimeout', async () => {
    const harness = start({ ackTimeout: 500, autoReconnect: false });
    harness.server.behaviour.handshake = () => undefined;
    harness.socket.connect();
    await pass(490);
    expect(harness.socket.state).toBe('connecting');
    await pass(100);
    expect(harness.server.last.closedWith?.code).toBe(4003);
  });

  it('P4.6 closes with 4003 for a status that no close frame may carry', async () => {
    const harness = start({ autoReconnect: false });
    harness.server.behaviour.handshake = () => ({ error: { message: 'no', statusCode: 401 } });
    harness.socket.connect();
    await pass();
    expect(harness.server.last.closedWith?.code).toBe(4003);
  });

  it.each([
    ['without data', {}],
    ['without an id', { data: { pingTimeout: 1000 } }],
  ])('refuses a handshake reply %s', async (_name, reply) => {
    const harness = start({ autoReconnect: false });
    harness.server.behaviour.handshake = () => reply;
    harness.socket.connect();
    await pass();
    expect(harness.socket.state).toBe('closed');
    expect(harness.payloads.find(({ name }) => name === 'error')!.payload.error).toMatchObject({
      name: 'InvalidMessageError',
      statusCode: 4003,
    });
  });

  it.each([[undefined], [Number.NaN], [2 ** 40], ['soon']])(
    'keeps a usable ping limit when the server names %s',
    async (pingTimeout) => {
      const harness = start();
      harness.server.behaviour.handshake = () => ({ data: { id: 'x', pingTimeout } });
      harness.socket.connect();
      await pass(100);
      expect(harness.socket.state).toBe('open');
    },
  );

  it('fails the handshake when the token cannot be loaded', async () => {
    const harness = start({
      autoReconnect: false,
      authEngine: {
        saveToken: (_name, value) => value,
        removeToken: () => null,
        loadToken: () => Promise.reject(new Error('no disk')),
      },
    });
    harness.socket.connect();
    await pass();
    expect(harness.log).toEqual(['connecting', 'error', 'connectAbort', 'close', 'error']);
    expect(harness.server.last.closedWith).toEqual({ code: 4003, reason: 'Error: no disk' });
  });

  it('ignores a handshake that belongs to an earlier attempt', async () => {
    let release!: (value: null) => void;
    const loads = [new Promise<null>((resolve) => (release = resolve)), Promise.resolve(null)];
    const harness = start({
      authEngine: {
        saveToken: (_name, value) => value,
        removeToken: () => null,
        loadToken: () => loads.shift()!,
      },
    });
    harness.socket.connect();
    await pass();
    harness.socket.reconnect();
    await pass();
    release(null);
    await pass();
    expect(harness.socket.state).toBe('open');
    expect(harness.server.connections.map(({ packets }) => packets.length)).toEqual([0, 1]);
  });
});
