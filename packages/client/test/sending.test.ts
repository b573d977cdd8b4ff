import { beforeEach, describe, expect, it } from 'vitest';
import type { ClientOptions } from '../src/index.js';
import { FakeServer } from './support/fake-server.js';
import { connected, outcome, pass, start, useVirtualTime } from './support/harness.js';

beforeEach(useVirtualTime);

describe('unsent messages', () => {
  it('are limited: calls reject, transmits are reported, nothing queued is lost', async () => {
    const { socket, server, payloads } = start({ maxUnsentMessages: 2 });
    server.behaviour.latencyMs = 5;
    void socket.transmit('a', 1);
    void socket.transmit('a', 2);
    void socket.transmit('a', 3);
    const call = outcome(socket.invoke('b'));
    expect((await call).error.name).toBe('QueueFullError');
    expect(payloads.at(-1)).toMatchObject({
      name: 'transmitDropped',
      payload: { event: 'a', data: 3, error: { name: 'QueueFullError' } },
    });
    await pass(50);
    expect(server.received('a').map(({ data }) => data)).toEqual([1, 2]);
  });

  it('wait through failed attempts, while calls fail', async () => {
    const { socket, server, log } = start();
    server.behaviour.connect = 'refuse';
    void socket.transmit('a', 1);
    const call = outcome(socket.invoke('b'));
    await pass();
    expect((await call).error).toMatchObject({
      name: 'BadConnectionError',
      type: 'connectAbort',
      code: 1006,
    });
    server.behaviour.connect = 'accept';
    await pass(3_000);
    expect(server.received('a')).toEqual([{ event: 'a', data: 1 }]);
    expect(log).not.toContain('transmitDropped');
  });

  it('are dropped and reported when no connection will follow', async () => {
    const { socket, server, payloads } = start({ autoReconnect: false });
    server.behaviour.connect = 'refuse';
    void socket.transmit('a', 1);
    void socket.transmit('b', 2, { ackTimeout: 1_000 });
    await pass();
    const dropped = payloads.filter(({ name }) => name === 'transmitDropped');
    expect(dropped.map(({ payload }) => [payload.event, payload.error.name])).toEqual([
      ['a', 'BadConnectionError'],
      ['b', 'BadConnectionError'],
    ]);
    expect(socket.unsentCount).toBe(0);
  });

  it('expire if their transmit says so', async () => {
    const { socket, server, payloads } = start();
    server.behaviour.connect = 'hang';
    void socket.transmit('a', 1, { ackTimeout: 50 });
    await pass(50);
    expect(payloads.at(-1)).toMatchObject({
      name: 'transmitDropped',
      payload: { error: { name: 'TimeoutError' } },
    });
  });

  it('do not connect with connectOnSend: false', async () => {
    const { socket, server } = start({ connectOnSend: false });
    void socket.transmit('a', 1);
    expect(socket.state).toBe('closed');
    socket.connect();
    await pass();
    expect(server.received('a')).toHaveLength(1);
  });

  it('keep their content with cloneData', async () => {
    const { socket, server } = start({ cloneData: true });
    const data = { n: 1 };
    void socket.transmit('a', data);
    data.n = 2;
    await pass();
    expect(server.received('a')[0].data).toEqual({ n: 1 });
  });

  it('are refused, never thrown, when cloneData cannot clone them', async () => {
    const { socket, server, payloads } = await connected({ cloneData: true });
    const thrown = new Error('no such member');
    const broken = {
      get member(): unknown {
        throw thrown;
      },
    };
    let deep: object = {};
    for (let depth = 0; depth < 100_000; depth++) {
      deep = { deep };
    }
    for (const [data, expected] of [
      [broken, thrown],
      [deep, expect.any(RangeError)],
    ] as const) {
      payloads.length = 0;
      expect(await socket.transmit('a', data)).toBeUndefined();
      expect(await socket.transmitPublish('a', data)).toBeUndefined();
      const errors = payloads.map(({ name, payload }) => [name, payload.error]);
      expect(errors).toEqual([
        ['error', expected],
        ['error', expected],
      ]);
      expect((await outcome(socket.invoke('a', data))).error).toEqual(expected);
      expect((await outcome(socket.invokePublish('a', data))).error).toEqual(expected);
    }
    await pass();
    expect(server.received('a')).toEqual([]);
    expect(socket.unsentCount).toBe(0);
    expect(await outcome(Promise.race([socket.invoke('b', 1), pass()]))).toMatchObject({
      value: { event: 'b', data: 1 },
    });
  });
});

describe('send()', () => {
  it('sends raw messages, and only when open', async () => {
    const { socket, server } = start();
    const unavailable = expect.objectContaining({ name: 'BadConnectionError' });
    expect(() => socket.send('x')).toThrow(unavailable);
    socket.connect();
    expect(() => socket.send('x')).toThrow(unavailable);
    expect(socket.state).toBe('connecting');
    await pass();
    socket.startBatch();
    socket.send('x');
    expect(server.last.frames.at(-1)).toBe('x');
  });

  it('says so when the connection is about to end', async () => {
    const { socket, server } = await connected();
    server.last.readyState = 2;
    expect(socket.state).toBe('open');
    expect(() => socket.send('x')).toThrow('The socket is not open');
  });
});

describe('batches', () => {
  it('travel as one array, or each alone when a packet spoils it', async () => {
    const { socket, server, log } = await connected();
    socket.startBatch();
    expect(socket.isBufferingBatch).toBe(true);
    void socket.transmit('a', 1);
    void socket.transmit('a', 2);
    socket.flushBatch();
    expect(JSON.parse(server.last.frames.at(-1))).toHaveLength(2);
    socket.startBatch();
    void socket.transmit('a', 3);
    const bad = outcome(socket.invoke('b', 5n));
    const good = socket.invoke('c', 2);
    socket.flushBatch();
    await pass();
    expect((await bad).error).toBeInstanceOf(TypeError);
    expect(await good).toEqual({ event: 'c', data: 2 });
    expect(server.last.packets.map(({ event }) => event)).toEqual([
      '#handshake',
      'a',
      'a',
      'a',
      'c',
    ]);
    expect(log).not.toContain('raw');
  });

  it('travel one by one with a codec that takes no arrays', async () => {
    const encode = (packet: unknown) => {
      if (Array.isArray(packet)) throw new TypeError('no arrays');
      return JSON.stringify(packet);
    };
    const { socket, server } = await connected({
      codecEngine: { encode, decode: (message) => JSON.parse(String(message)) },
    });
    socket.startBatch();
    void socket.transmit('a', 1);
    const call = socket.invoke('b', 2);
    socket.flushBatch();
    await pass();
    expect(await call).toEqual({ event: 'b', data: 2 });
    expect(server.last.packets.map(({ event }) => event)).toEqual(['#handshake', 'a', 'b']);
  });

  it('reject their calls and report their transmits when cancelled or lost (P7.7)', async () => {
    const { socket, payloads } = await connected({ autoReconnect: false });
    socket.startBatch();
    void socket.transmit('a');
    const cancelled = outcome(socket.invoke('b'));
    socket.cancelBatch();
    expect((await cancelled).error.name).toBe('AbortError');
    socket.startBatching();
    void socket.transmit('c');
    const lost = outcome(socket.invoke('d'));
    socket.disconnect();
    expect((await lost).error.name).toBe('BadConnectionError');
    const dropped = payloads.filter(({ name }) => name === 'transmitDropped');
    expect(dropped.map(({ payload }) => [payload.event, payload.error.name])).toEqual([
      ['a', 'AbortError'],
      ['c', 'BadConnectionError'],
    ]);
    expect(socket.isBatching).toBe(true);
  });

  it('forget a subscription that was given up, or lost with the connection', async () => {
    const { socket, server, log } = await connected({ batchOnHandshake: true });
    await pass(100);
    socket.startBatch();
    socket.subscribe('left');
    socket.unsubscribe('left');
    socket.subscribe('kept');
    socket.unsubscribe('kept');
    socket.subscribe('kept');
    socket.flushBatch();
    socket.startBatch();
    socket.subscribe('lost');
    server.last.drop(1006);
    expect(socket.getChannelState('lost')).toBe('pending');
    socket.subscribe('left');
    await pass(5_000);
    expect(socket.subscriptions().sort()).toEqual(['kept', 'left', 'lost']);
    socket.unsubscribe('left');
    socket.startBatch();
    socket.subscribe('left');
    socket.unsubscribe('left');
    log.length = 0;
    socket.cancelBatch();
    await pass(0);
    expect(log).toEqual([]);
    socket.disconnect();
  });

  it('settle each call once', async () => {
    const { socket, payloads } = await connected();
    const fails = () => payloads.filter(({ name }) => name === 'transmitDropped').length;
    socket.startBatch();
    const late = outcome(socket.invoke('a', 1, { ackTimeout: 5 }));
    void socket.transmit('b', 1, { ackTimeout: 5 });
    await pass(10);
    expect((await late).error.name).toBe('TimeoutError');
    expect(fails()).toBe(0);
    socket.cancelBatch();
    expect(fails()).toBe(1);
    socket.disconnect();
    expect(fails()).toBe(1);
  });

  it('gather all resubscriptions with batchOnHandshake', async () => {
    const { socket, server } = start({ batchOnHandshake: true, batchOnHandshakeDuration: 40 });
    for (let i = 0; i < 20; i++) {
      socket.subscribe(`c${i}`);
    }
    socket.connect();
    await pass(60);
    expect(server.last.frames).toHaveLength(2);
    expect(socket.subscriptions()).toHaveLength(20);
  });

  it('are harmless before the first connection', () => {
    const { socket } = start();
    expect(socket.isBufferingBatch).toBe(false);
    for (const method of [
      'startBatch',
      'flushBatch',
      'cancelBatch',
      'startBatching',
      'stopBatching',
      'cancelBatching',
    ] as const) {
      socket[method]();
    }
    expect(socket.isBufferingBatch).toBe(false);
    expect(socket.getBytesReceived()).toBe(undefined);
    expect(socket.decode(socket.encode({ a: 1 }))).toEqual({ a: 1 });
    expect(socket.decodeBase64(socket.encodeBase64('grüß'))).toBe('grüß');
  });
});

describe('what is too large for the server', () => {
  /** A client whose server has announced its limits. */
  async function limited(limits: object, options: ClientOptions = {}) {
    const server = new FakeServer();
    server.behaviour.handshake = () => ({
      data: { id: 'x', pingTimeout: 20_000, isAuthenticated: false, ext: { limits } },
    });
    const harness = start(options, server);
    return { ...harness, sizes: () => server.last.frames.map((frame) => Buffer.byteLength(frame)) };
  }

  it('F12: is sent in parts, in order, when it waited while there was no connection', async () => {
    const { socket, server, sizes } = await limited(
      { maxPayload: 1_000 },
      { batchOnHandshake: true },
    );
    for (let n = 0; n < 100; n++) void socket.transmit('a', `${n} ${'é'.repeat(20)}`);
    await pass(1_000);
    expect(server.received('a').map(({ data }) => Number.parseInt(data, 10))).toEqual(
      [...Array(100)].map((_, n) => n),
    );
    expect(Math.max(...sizes())).toBeLessThanOrEqual(1_000);
    expect(sizes().length).toBeLessThan(20);
  });

  it('is sent in batches of the length that the server takes', async () => {
    const { socket, server } = await limited({ maxBatchLength: 10 }, { batchOnHandshake: true });
    for (let n = 0; n < 100; n++) void socket.transmit('a', n);
    await pass(1_000);
    expect(server.received('a').map(({ data }) => data)).toEqual([...Array(100)].map((_, n) => n));
    const lengths = server.last.frames.map((frame) => JSON.parse(frame).length ?? 1);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(10);
  });

  it('fails at the call, and the connection stays', async () => {
    const { socket, server, payloads } = await limited({ maxPayload: 1_000 });
    const early = outcome(socket.invoke('a', 'x'.repeat(1_000)));
    await pass(100);
    expect((await early).error).toMatchObject({ name: 'ResourceLimitError' });
    const { error } = await outcome(socket.invoke('a', 'x'.repeat(1_000)));
    expect(error.message).toMatch(
      /^Event a was not sent: 10\d\d bytes exceed the peer's maxPayload, 1000; send less at a time, or raise the server's/,
    );
    void socket.transmit('b', 'x'.repeat(1_000));
    expect(payloads.at(-1)).toMatchObject({
      name: 'error',
      payload: {
        error: { name: 'ResourceLimitError', message: expect.stringMatching(/^Event b was/) },
      },
    });
    expect(() => socket.send('x'.repeat(1_001))).toThrow(
      "The message was not sent: 1001 bytes exceed the peer's maxPayload, 1000",
    );
    const short = outcome(socket.invoke('c'));
    await pass();
    expect(await short).toMatchObject({ value: { event: 'c' } });
    expect(server.connections).toHaveLength(1);
    expect(server.received('b')).toEqual([]);
  });

  it.each([
    [true, '1000 bytes'],
    [false, 'fewer bytes'],
  ])('is named by the close 1009, the limit being known: %s', async (isKnown, limit) => {
    const { socket, server, payloads } = await limited({ maxPayload: 1_000 });
    if (!isKnown) server.behaviour.handshake = () => ({ data: { id: 'x', pingTimeout: 20_000 } });
    server.behaviour.invoke = () => undefined;
    socket.connect();
    await pass();
    const call = outcome(socket.invoke('a'));
    server.last.drop(1009);
    await pass();
    const sentence = `the server takes ${limit} in a message; send less at a time, or raise the server's maxPayload option`;
    expect(payloads.find(({ name }) => name === 'close')?.payload).toMatchObject({
      code: 1009,
      reason: 'Message was too big to process',
      cause: { name: 'ResourceLimitError', message: sentence },
    });
    expect(payloads.find(({ name }) => name === 'error')?.payload.error.message).toBe(
      `Message was too big to process: ${sentence}`,
    );
    expect((await call).error.message).toBe(
      `Event a was aborted due to a bad connection: ${sentence}`,
    );
  });

  it('is assumed to be what published servers take, without the extension', async () => {
    const { socket, server } = await connected();
    void socket.transmit('a', 'x'.repeat(2_000_000));
    await pass();
    expect(server.received('a')).toHaveLength(1);
  });
});
