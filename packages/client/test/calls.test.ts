import { within } from '@asyngular/test-utils/wait';
import { collectWarnings } from '@asyngular/test-utils/warnings';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { connected, outcome, pass, start, useVirtualTime } from './support/harness.js';

beforeEach(useVirtualTime);

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
      message: 'Event response for x event timed out after 100 ms; the connection is not open',
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

  it('F21 signal-warning: any number of calls share a signal without a warning of a leak', async () => {
    const { socket, server } = await connected();
    server.behaviour.invoke = () => undefined;
    const warnings = collectWarnings();
    const aborter = new AbortController();
    const { signal } = aborter;
    const calls = Array.from({ length: 30 }, () => outcome(socket.invoke('a', 1, { signal })));
    await new Promise((resolve) => setImmediate(resolve));
    expect(warnings).toEqual([]);
    aborter.abort(new Error('enough'));
    for (const call of calls) expect((await call).error.message).toBe('enough');
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
    const request = within('the call', socket.procedure('x').once());
    server.last.emitMessage({ event: 'x', cid: 1 });
    (await request).end(5n);
    await pass();
    expect(server.last.packets.at(-1)).toMatchObject({ rid: 1, error: { name: 'TypeError' } });
  });

  it('P3.4 fail, too, when what encodes the answer throws nothing', async () => {
    const { socket, server } = await connected();
    const request = within('the call', socket.procedure('x').once());
    server.last.emitMessage({ event: 'x', cid: 1 });
    (await request).end({ toJSON: throwNothing });
    await pass();
    expect(server.last.packets.at(-1)).toMatchObject({ rid: 1, error: { name: 'UnknownError' } });
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
        error: {
          name: 'InvalidActionError',
          message: expect.stringContaining('maxInboundCallsInFlight: 2'),
        },
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
    const request = within('the call', socket.procedure('x').once());
    server.last.emitMessage({ event: 'x', cid: 1 });
    const late = await request;
    socket.reconnect();
    await pass();
    late.end(1);
    await pass();
    expect(server.last.packets).toHaveLength(1);
  });
});

function throwNothing(): never {
  throw null;
}
