import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { connected, outcome, pass, start, useVirtualTime } from './support/harness.js';

let restore: () => void;
beforeEach(() => {
  restore = useVirtualTime();
});
afterEach(() => restore());

describe('invoke()', () => {
  it('rejects with the error of the server, whatever it is', async () => {
    const { socket, server } = await connected();
    for (const [error, expected] of [
      [
        { name: 'Custom', message: 'm', code: 5 },
        { name: 'Custom', message: 'm', code: 5 },
      ],
      ['text', 'text'],
      [0, 0],
      [false, false],
    ] as const) {
      server.behaviour.invoke = () => ({ error });
      const result = outcome(socket.invoke('x'));
      await pass();
      const got = (await result).error;
      if (typeof expected === 'object') {
        expect(got).toMatchObject(expected);
      } else {
        expect(got).toBe(expected);
      }
    }
  });

  it('times out ackTimeout ms after the call, connecting included', async () => {
    const { socket, server } = start({ ackTimeout: 100 });
    server.behaviour.connect = 'hang';
    const result = outcome(socket.invoke('x'));
    const longer = outcome(socket.invoke('y', 1, { ackTimeout: 300 }));
    await pass(99);
    expect(socket.unsentCount).toBe(2);
    await pass(1);
    expect(socket.unsentCount).toBe(1);
    expect((await result).error).toMatchObject({
      name: 'TimeoutError',
      message: 'Event response for x event timed out',
    });
    await pass(200);
    expect((await longer).error.name).toBe('TimeoutError');
  });

  it('ignores a reply that comes too late', async () => {
    const { socket, server, log } = await connected({ ackTimeout: 5 });
    server.behaviour.latencyMs = 20;
    const result = outcome(socket.invoke('x'));
    await pass(100);
    expect((await result).error.name).toBe('TimeoutError');
    expect(log).not.toContain('raw');
  });

  it('can be aborted unsent and in flight', async () => {
    const { socket, server } = start();
    const unsent = new AbortController();
    const first = outcome(socket.invoke('a', 1, { signal: unsent.signal }));
    unsent.abort(new Error('changed my mind'));
    expect((await first).error.message).toBe('changed my mind');
    await pass();
    expect(server.received('a')).toEqual([]);
    const inFlight = new AbortController();
    const second = outcome(socket.invoke('b', 1, { signal: inFlight.signal }));
    inFlight.abort();
    expect((await second).error.name).toBe('AbortError');
    const third = outcome(socket.invoke('c', 1, { signal: inFlight.signal }));
    expect((await third).error.name).toBe('AbortError');
    await pass();
    expect(server.received('c')).toEqual([]);
  });

  it('leaves no listener on a signal that outlives it', async () => {
    const { socket } = await connected();
    const { signal } = new AbortController();
    const remove = vi.spyOn(signal, 'removeEventListener');
    const call = socket.invoke('a', 1, { signal });
    await pass();
    await call;
    expect(remove).toHaveBeenCalledOnce();
  });

  it('rejects at once what cannot be encoded', async () => {
    const { socket, log } = await connected();
    const cycle: any = {};
    cycle.self = cycle;
    expect((await outcome(socket.invoke('x', cycle))).error).toBeInstanceOf(TypeError);
    await socket.transmit('x', 5n);
    expect(log.filter((name) => name === 'error')).toHaveLength(1);
    const call = socket.invoke('fine', 1);
    await pass();
    expect(await call).toEqual({ event: 'fine', data: 1 });
  });

  it('takes its ids from callIdGenerator', async () => {
    let id = 100;
    const { socket, server } = await connected({ callIdGenerator: () => id++ });
    const call = socket.invoke('x');
    await pass();
    await call;
    expect(server.last.packets.map(({ cid }) => cid)).toEqual([100, 101]);
  });

  it('numbers its calls on over connections', async () => {
    const { socket, server } = await connected();
    socket.reconnect();
    await pass();
    expect(server.last.packets[0].cid).toBe(2);
  });

  it('limits the calls in flight', async () => {
    const { socket, server } = await connected({ maxCallsInFlight: 2 });
    server.behaviour.invoke = () => undefined;
    const calls = [1, 2, 3].map((n) => outcome(socket.invoke('x', n)));
    expect((await calls[2])!.error.name).toBe('QueueFullError');
    socket.disconnect();
    expect((await calls[0])!.error.name).toBe('BadConnectionError');
  });
});

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
    expect(() => socket.send('x')).toThrow('because the socket is closing');
  });
});

describe('procedures of the client', () => {
  it('answer once', async () => {
    const { socket, server } = await connected();
    void (async () => {
      for await (const request of socket.procedure('sum')) {
        if (request.data === null) {
          request.error(undefined);
        } else {
          request.end(request.data[0] + request.data[1]);
          expect(() => request.end()).toThrow('already');
          expect(request.socket).toBe(socket);
        }
      }
    })();
    server.last.emitMessage({ event: 'sum', data: [1, 2], cid: 1 });
    server.last.emitMessage({ event: 'sum', data: null, cid: 2 });
    await pass();
    const answers = server.last.packets.filter(({ rid }) => rid !== undefined);
    expect(answers[0]).toEqual({ rid: 1, data: 3 });
    expect(answers[1]).toMatchObject({ rid: 2, error: { name: 'UnknownError' } });
  });

  it('fail with an error when the answer cannot be encoded', async () => {
    const { socket, server } = await connected();
    const request = socket.procedure('x').once();
    server.last.emitMessage({ event: 'x', cid: 1 });
    (await request).end(5n);
    await pass();
    expect(server.last.packets.at(-1)).toMatchObject({ rid: 1, error: { name: 'TypeError' } });
  });

  it('are limited: the call past maxInboundCallsInFlight is refused, an answer makes room', async () => {
    const { socket, server } = await connected({ maxInboundCallsInFlight: 2 });
    const requests: any[] = [];
    void (async () => {
      for await (const request of socket.procedure('x')) {
        requests.push(request);
      }
    })();
    const call = async (...cids: number[]) => {
      for (const cid of cids) {
        server.last.emitMessage({ event: 'x', cid });
      }
      await pass();
    };
    const answers = () => server.last.packets.filter(({ rid }) => rid !== undefined);
    // Nobody hears these, so they do not count.
    server.last.emitMessage({ event: 'unheard', cid: 100 });
    server.last.emitMessage({ event: 'unheard', cid: 101 });
    await call(1, 2);
    expect(answers()).toEqual([]);
    await call(3);
    expect(answers()).toMatchObject([
      {
        rid: 3,
        error: { name: 'InvalidActionError', message: expect.stringContaining('2 calls') },
      },
    ]);
    requests[0].end('done');
    await call(4, 5);
    expect(requests.map(({ id }) => id)).toEqual([1, 2, 4]);
    expect(answers().map(({ rid }) => rid)).toEqual([3, 1, 5]);

    // The next connection begins with none, and late answers to the last one do not count for it.
    socket.reconnect();
    await pass();
    await call(6, 7);
    requests[1].end();
    await call(8);
    expect(requests.map(({ id }) => id)).toEqual([1, 2, 4, 6, 7]);
    expect(answers().map(({ rid }) => rid)).toEqual([8]);
  });

  it('never answer to a later connection', async () => {
    const { socket, server } = await connected();
    const request = socket.procedure('x').once();
    server.last.emitMessage({ event: 'x', cid: 1 });
    const late = await request;
    socket.reconnect();
    await pass();
    late.end(1);
    await pass();
    expect(server.last.packets).toHaveLength(1);
  });
});

describe('inbound messages', () => {
  it('raise message for every frame and raw for what is no packet', async () => {
    const { socket, server, payloads } = await connected();
    const stream = socket.listener('message').createConsumer();
    const raw = ['text', '5', 'null', '{"a":1}', '[{"event":"r","data":1},7]', '{"event":'];
    for (const message of ['', '{"event":"r"}', ...raw]) {
      server.last.emitMessage(message);
    }
    await pass();
    for (const message of ['', '{"event":"r"}', ...raw]) {
      expect((await stream.next()).value).toEqual({ message });
    }
    const raws = payloads.filter(({ name }) => name === 'raw');
    expect(raws.map(({ payload }) => payload.message)).toEqual(raw);
  });

  it('treat names like __proto__ and unknown # names as ordinary', async () => {
    const { socket, server } = await connected();
    for (const name of ['__proto__', 'constructor', 'toString', '#custom', '#disconnect', '']) {
      const message = socket.receiver(name).once();
      server.last.emitMessage(`{"event":${JSON.stringify(name)},"data":1}`);
      await pass(0);
      expect(await message).toBe(1);
    }
  });

  it('survive malformed protocol packets and decode errors', async () => {
    const { socket, server, log } = await connected({
      codecEngine: {
        encode: (packet) => JSON.stringify(packet),
        decode(message) {
          if (message === 'boom') {
            throw new Error('cannot decode');
          }
          return JSON.parse(message as string);
        },
      },
    });
    for (const data of [undefined, null, 5, {}, { channel: 5 }]) {
      server.last.emitMessage({ event: '#publish', data });
      server.last.emitMessage({ event: '#kickOut', data });
    }
    server.last.emitMessage({ rid: 999 });
    server.last.emitMessage('boom');
    await pass(0);
    expect(log.filter((name) => name === 'error')).toHaveLength(1);
    expect(socket.state).toBe('open');
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

  it('reject their calls and report their transmits when cancelled or lost', async () => {
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

describe('protocol version 1', () => {
  it('answers #1 with #2 and heeds #disconnect', async () => {
    const { socket, server, payloads, log } = await connected({
      protocolVersion: 1,
      autoReconnect: false,
    });
    server.last.emitMessage('#1');
    expect(server.last.frames.at(-1)).toBe('#2');
    server.last.emitMessage({ event: '#disconnect', data: { code: 4100, data: { a: 1 } } });
    await pass();
    expect(socket.state).toBe('closed');
    expect(payloads.find(({ name }) => name === 'disconnect')!.payload).toEqual({
      code: 4100,
      reason: { a: 1 },
    });
    expect(log.filter((name) => name === 'disconnect')).toHaveLength(1);
  });
});
