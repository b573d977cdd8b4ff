import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connected, outcome, pass, start, token, useVirtualTime } from './support/harness.js';

let restore: () => void;
beforeEach(() => {
  restore = useVirtualTime();
});
afterEach(() => restore());

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
      { event: '#handshake', data: { authToken: null, ext: { interruption: {} } }, cid: 1 },
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
    expect(harness.payloads[2]!.payload).toEqual({ code: 4501, reason: 'Blocked: no' });
    expect(harness.socket.pendingReconnect).toBe(false);
  });

  it('closes with 4003 for a status that no close frame may carry', async () => {
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

describe('the end of a connection', () => {
  it('tells of channels, disconnect, close and error in this order', async () => {
    const harness = await connected();
    harness.socket.subscribe('c');
    await pass();
    harness.log.length = 0;
    const call = outcome(harness.socket.invoke('slow').then(() => undefined));
    harness.server.last.drop(1006);
    expect(harness.socket.state).toBe('closed');
    expect(harness.socket.id).toBe(null);
    await pass(0);
    expect(harness.log).toEqual([
      'subscribeStateChange',
      'unsubscribe',
      'disconnect',
      'close',
      'error',
    ]);
    expect((await call).error).toMatchObject({
      name: 'BadConnectionError',
      type: 'disconnect',
      code: 1006,
    });
    expect(harness.socket.getChannelState('c')).toBe('pending');
  });

  it('lets an awaiting call see its rejection before any disconnect loop', async () => {
    const harness = await connected();
    const order: string[] = [];
    void (async () => {
      await harness.socket.listener('disconnect').once();
      order.push('disconnect');
    })();
    harness.server.behaviour.invoke = () => undefined;
    harness.socket.invoke('x').catch(() => order.push(`rejected ${harness.socket.state}`));
    await pass();
    harness.socket.disconnect();
    await pass(0);
    expect(order).toEqual(['rejected closed', 'disconnect']);
  });

  it('emits no error for 1000 and 1001', async () => {
    for (const code of [1000, 1001]) {
      const harness = await connected({ autoReconnect: false });
      harness.server.last.drop(code);
      await pass(0);
      expect(harness.log.slice(-2)).toEqual(['disconnect', 'close']);
    }
  });

  it('closes with 4000 when pings stop, and reconnects at once', async () => {
    const harness = await connected();
    await pass(19_000);
    harness.server.last.emitMessage('');
    expect(harness.server.last.frames.at(-1)).toBe('');
    await pass(19_990);
    expect(harness.socket.state).toBe('open');
    await pass(20);
    expect(harness.server.connections[0]!.closedWith?.code).toBe(4000);
    expect(harness.server.connections).toHaveLength(2);
    await pass();
    expect(harness.socket.state).toBe('open');
    expect(harness.socket.id).toBe('socket-2');
  });

  it('parses an object in the reason of the server', async () => {
    const harness = await connected({ autoReconnect: false });
    harness.server.behaviour.invoke = () => undefined;
    const call = outcome(harness.socket.invoke('x'));
    harness.server.last.drop(4100, '{"why":"maintenance"}');
    await pass(0);
    const { error } = await call;
    expect(error).toMatchObject({ name: 'BadConnectionError', reason: { why: 'maintenance' } });
    const { payload } = harness.payloads.find(({ name }) => name === 'close')!;
    expect(payload).toEqual({ code: 4100, reason: { why: 'maintenance' } });
  });

  it('never hears the old WebSocket again', async () => {
    const harness = await connected();
    const old = harness.server.last;
    const { onmessage, onclose } = old;
    harness.socket.reconnect();
    await pass();
    onclose!({ code: 1006, reason: '' });
    expect(old.onmessage).toBe(null);
    expect(onmessage).toBeTypeOf('function');
    expect(harness.socket.state).toBe('open');
    expect(harness.socket.id).toBe('socket-2');
  });
});

describe('disconnect()', () => {
  it('passes code and reason to events and the wire', async () => {
    const harness = await connected();
    harness.socket.disconnect(4567, { why: 'ü'.repeat(100) });
    await pass(0);
    expect(harness.payloads.find(({ name }) => name === 'disconnect')!.payload).toEqual({
      code: 4567,
      reason: { why: 'ü'.repeat(100) },
    });
    const { code, reason } = harness.server.last.closedWith!;
    expect(code).toBe(4567);
    expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(123);
    expect(reason).not.toContain('\ufffd');
  });

  it.each([['x'], [{}], [Number.NaN + 1 || -1], [5000], [12.5], [true]])(
    'refuses %s as code and changes nothing',
    async (code) => {
      const harness = await connected();
      expect(() => harness.socket.disconnect(code as number)).toThrow(
        expect.objectContaining({ name: 'InvalidArgumentsError' }),
      );
      expect(harness.socket.state).toBe('open');
    },
  );

  it('closes other codes locally, without a code on the wire', async () => {
    const harness = await connected({ autoReconnect: false });
    harness.socket.disconnect(1011, 'x');
    await pass(0);
    expect(harness.server.last.closedWith).toEqual({ code: undefined, reason: '' });
    expect(harness.payloads.find(({ name }) => name === 'close')!.payload).toEqual({
      code: 1011,
      reason: 'x',
    });
  });

  it('aborts an attempt and cancels a pending reconnect', async () => {
    const harness = start();
    harness.socket.connect();
    harness.socket.disconnect();
    await pass();
    expect(harness.log).toEqual(['connecting', 'connectAbort', 'close']);
    harness.server.behaviour.connect = 'refuse';
    harness.socket.connect();
    await pass();
    expect(harness.socket.pendingReconnect).toBe(true);
    harness.log.length = 0;
    harness.socket.disconnect();
    expect(harness.socket.pendingReconnect).toBe(false);
    expect(harness.socket.pendingReconnectTimeout).toBe(null);
    await pass(100_000);
    expect(harness.log).toEqual([]);
  });
});

describe('reconnection', () => {
  it('waits longer after each failure and resets on success', async () => {
    const harness = await connected();
    harness.server.behaviour.connect = 'refuse';
    harness.server.last.drop(1006);
    const delays: number[] = [];
    for (let i = 0; i < 12; i++) {
      delays.push(harness.socket.pendingReconnectTimeout!);
      expect(harness.socket.connectAttempts).toBe(i + 1);
      await pass(harness.socket.pendingReconnectTimeout! + 1);
    }
    expect(delays.slice(0, 4)).toEqual([1500, 2250, 3375, 5063]);
    expect(delays.at(-1)).toBe(45_000);
    harness.server.behaviour.connect = 'accept';
    await pass(61_000);
    expect(harness.socket.state).toBe('open');
    expect(harness.socket.connectAttempts).toBe(0);
    expect(harness.socket.pendingReconnectTimeout).toBe(null);
  });

  it.each([
    [1000, null],
    [4500, null],
    [4999, null],
    [4000, 0],
    [4001, 0],
    [1005, 0],
    [1006, 1500],
    [4008, 1500],
  ])('after close %i the delay is %s', async (code, delay) => {
    const harness = await connected();
    harness.server.last.drop(code);
    expect(harness.socket.pendingReconnectTimeout).toBe(delay);
    expect(harness.socket.pendingReconnect).toBe(delay !== null);
  });

  it('re-derives everything for connect(options)', async () => {
    const harness = await connected({ host: 'one:8001' });
    harness.socket.connect({
      hostname: 'two',
      port: 8002,
      ackTimeout: 77,
      channelPrefix: 'x:',
      authTokenName: 'key2',
    });
    await pass();
    expect(harness.server.connections.map(({ uri }) => uri)).toEqual([
      'ws://one:8001/asyngular/',
      'ws://two:8002/asyngular/',
    ]);
    const { socket } = harness;
    expect([socket.ackTimeout, socket.channelPrefix, socket.authTokenName]).toEqual([
      77,
      'x:',
      'key2',
    ]);
    expect(() => socket.connect({ ackTimeout: 2 ** 31 })).toThrow('ackTimeout');
    expect(socket.state).toBe('open');
  });

  it('gives up a connection found stale when sending, before its timer says so', async () => {
    let skewMs = 0;
    const harness = await connected({ platform: { now: () => performance.now() + skewMs } });
    skewMs = 60_000;
    const call = harness.socket.invoke('x', 1);
    await pass();
    expect(await call).toEqual({ event: 'x', data: 1 });
    expect(harness.server.connections).toHaveLength(2);
    expect(harness.server.connections[0]!.closedWith).toEqual({
      code: 1000,
      reason: 'Stale socket was disconnected by the client to initiate a new connection',
    });
  });

  it('replaces a stale connection also with connectOnSend: false, unless it never reconnects', async () => {
    for (const autoReconnect of [true, false]) {
      let skewMs = 0;
      const { socket, server } = await connected({
        connectOnSend: false,
        autoReconnect,
        platform: { now: () => performance.now() + skewMs },
      });
      skewMs = 60_000;
      void socket.transmit('x', 1);
      await pass();
      expect(server.connections).toHaveLength(autoReconnect ? 2 : 1);
      if (!autoReconnect) {
        expect(socket.unsentCount).toBe(1);
        socket.connect();
        await pass();
      }
      expect(server.received('x')).toHaveLength(1);
      socket.disconnect();
    }
  });
});

describe('authentication', () => {
  it('sends the stored token and reports its refusal', async () => {
    const harness = start();
    harness.socket.auth.saveToken('asyngular.authToken', 'stored');
    harness.server.behaviour.handshake = () => ({
      data: {
        id: 'x',
        pingTimeout: 1e4,
        isAuthenticated: false,
        authError: { name: 'AuthTokenExpiredError', message: 'jwt expired' },
      },
    });
    harness.socket.connect();
    await pass();
    expect(harness.server.received('#handshake')[0].data).toEqual({
      authToken: 'stored',
      ext: { interruption: {} },
    });
    const { payload } = harness.payloads.find(({ name }) => name === 'connect')!;
    expect(payload.authError).toBeInstanceOf(Error);
    expect(payload.authError.name).toBe('AuthTokenExpiredError');
  });

  it('follows #setAuthToken and #removeAuthToken', async () => {
    const harness = await connected();
    const { socket, server } = harness;
    socket.subscribe('private', { waitForAuth: true });
    harness.log.length = 0;
    const signed = token({ name: 'Ann' });
    server.last.emitMessage({ event: '#setAuthToken', data: { token: signed }, cid: 9 });
    await pass();
    expect(socket.authToken).toEqual({ name: 'Ann' });
    expect(socket.signedAuthToken).toBe(signed);
    expect(harness.log.slice(0, 3)).toEqual([
      'subscribeRequest',
      'authStateChange',
      'authenticate',
    ]);
    expect(server.received('#subscribe')[0].data).toEqual({
      channel: 'private',
      waitForAuth: true,
    });
    expect(server.last.packets).toContainEqual({ rid: 9 });
    expect(socket.auth.loadToken('asyngular.authToken')).toBe(signed);
    harness.log.length = 0;
    server.last.emitMessage({ event: '#removeAuthToken' });
    await pass();
    expect(harness.log).toEqual(['authStateChange', 'deauthenticate', 'removeAuthToken']);
    expect(socket.isSubscribed('private')).toBe(true);
    expect(socket.auth.loadToken('asyngular.authToken')).toBe(null);
  });

  it('ignores a token that is no string', async () => {
    const harness = await connected();
    harness.server.last.emitMessage({ event: '#setAuthToken', data: { token: 5 } });
    await pass(0);
    expect(harness.socket.authState).toBe('unauthenticated');
    expect(harness.log.at(-1)).toBe('error');
  });

  it('authenticates, and keeps the state when the path fails', async () => {
    const harness = await connected();
    const { socket, server } = harness;
    const signed = token({ name: 'Ann' });
    const result = socket.authenticate(signed);
    await pass();
    expect(await result).toEqual({ isAuthenticated: true, authError: null });
    server.behaviour.authenticate = () => undefined;
    const lost = outcome(socket.authenticate('other'));
    await pass(10_001);
    expect((await lost).error.name).toBe('TimeoutError');
    expect(socket.authState).toBe('authenticated');
    server.behaviour.authenticate = () => ({ data: { isAuthenticated: 'yes' } });
    const malformed = outcome(socket.authenticate('other'));
    await pass();
    expect((await malformed).error.name).toBe('InvalidMessageError');
    expect(socket.signedAuthToken).toBe(signed);
    server.behaviour.authenticate = () => ({
      data: { isAuthenticated: false, authError: { name: 'Blocked', message: 'no' } },
    });
    const refused = socket.authenticate('other');
    await pass();
    expect((await refused).authError).toMatchObject({ name: 'Blocked' });
    expect(socket.authState).toBe('unauthenticated');
    expect(socket.auth.loadToken('asyngular.authToken')).toBe(signed);
  });

  it('heeds the order of packets in one batch', async () => {
    const harness = await connected();
    harness.server.behaviour.authenticate = () => undefined;
    const result = harness.socket.authenticate(token({}));
    await pass();
    const { cid } = harness.server.received('#authenticate')[0];
    harness.server.last.emitMessage([
      { rid: cid, data: { isAuthenticated: true, authError: null } },
      { event: '#removeAuthToken' },
    ]);
    await pass();
    expect((await result).isAuthenticated).toBe(true);
    expect(harness.socket.authState).toBe('unauthenticated');
  });

  it('deauthenticates offline and during a handshake', async () => {
    const harness = start();
    const { socket, server } = harness;
    const signed = token({});
    socket.auth.saveToken('asyngular.authToken', signed);
    await (async () => {
      const done = socket.deauthenticate();
      await pass();
      await done;
    })();
    expect(socket.auth.loadToken('asyngular.authToken')).toBe(null);
    socket.auth.saveToken('asyngular.authToken', signed);
    server.behaviour.handshake = () => ({
      data: { id: 'x', pingTimeout: 1e4, isAuthenticated: true },
    });
    socket.connect();
    await pass(3);
    void socket.deauthenticate();
    await pass();
    expect(socket.state).toBe('open');
    expect(socket.authState).toBe('unauthenticated');
    expect(server.received('#removeAuthToken')).toHaveLength(1);
  });
});
