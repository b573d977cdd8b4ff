import type { AGClientSocket, ClientOptions } from '@asyngular/client';
import { BadConnectionError } from '@asyngular/protocol';
import { TcpProxy } from '@asyngular/test-utils/tcp-proxy';
import { within } from '@asyngular/test-utils/wait';
import { describe, expect, it } from 'vitest';
import { heldBytes } from './support/heap.js';
import { onCleanup, startServer, until } from './support/server.js';
import { endless } from './support/stream-client.js';
import { chunks, connect, readAll, startPair } from './support/stream-pair.js';

// Our client reads what our server yields.

describe('stream()', () => {
  it('P16.2 reads more than the credit, in order, to the end', async () => {
    const { server, client } = await startPair();
    server.handle('count', (to: number) => chunks(to));
    const { items, error } = await readAll(client.stream('count', 1_000));
    expect(error).toBeUndefined();
    expect(items).toEqual(Array.from({ length: 1_000 }, (_, index) => index + 1));
  });

  it('is cold: each loop is a call, and none is made before its first item is asked for', async () => {
    const { server, client } = await startPair();
    let calls = 0;
    server.handle('count', async function* () {
      yield ++calls;
    });
    const stream = client.stream('count');
    stream[Symbol.asyncIterator]();
    await client.invoke('none').catch(() => {});
    expect(calls).toBe(0);
    expect((await readAll(stream)).items).toEqual([1]);
    expect((await readAll(stream)).items).toEqual([2]);
  });

  it.each([
    [
      'break',
      async (client: AGClientSocket) => {
        for await (const item of client.stream('endless')) if (item === 200) break;
      },
    ],
    [
      'throw',
      async (client: AGClientSocket) => {
        const loop = async () => {
          for await (const _item of client.stream('endless')) throw new Error('enough');
        };
        await expect(loop()).rejects.toThrow('enough');
      },
    ],
    [
      'abort',
      async (client: AGClientSocket) => {
        const controller = new AbortController();
        const loop = async () => {
          for await (const item of client.stream('endless', 1, { signal: controller.signal })) {
            if (item === 5) controller.abort(new Error('stop'));
          }
        };
        await expect(loop()).rejects.toThrow('stop');
      },
    ],
    [
      'timeout',
      async (client: AGClientSocket) => {
        const { error } = await readAll(client.stream('slow', 1, { timeout: 60 }));
        expect(error).toMatchObject({ name: 'TimeoutError', message: /60 ms/ });
      },
    ],
    [
      'a closed page',
      async (client: AGClientSocket) => {
        const loop = readAll(client.stream('endless'));
        await client.stream('endless')[Symbol.asyncIterator]().next();
        client.disconnect();
        expect((await loop).error).toMatchObject({ name: 'BadConnectionError' });
      },
    ],
  ] as const)('%s ends the generator, once', async (_name, leave) => {
    const { server, port, client } = await startPair();
    const { state, generate } = endless();
    let begun = 0;
    server.handle('endless', () => {
      begun++;
      return generate();
    });
    server.handle('slow', async function* (_data, { signal }) {
      begun++;
      try {
        yield 1;
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      } finally {
        state.left++;
      }
    });
    await leave(client);
    await until('the end of the generator', () => state.left === begun && begun > 0);
    await connect(port)
      .invoke('nobody')
      .catch(() => {});
    expect(state.left).toBe(begun);
  });

  it('ends with the error of the generator behind the items, and with NoHandlerError', async () => {
    const { server, client } = await startPair({ exposeErrors: true });
    server.handle('fail', async function* () {
      yield 1;
      throw Object.assign(new Error('broken'), { code: 7 });
    });
    const { items, error } = await readAll(client.stream('fail'));
    expect(items).toEqual([1]);
    expect(error).toMatchObject({ message: 'broken', code: 7 });
    expect((await readAll(client.stream('nobody'))).error.name).toBe('NoHandlerError');
  });

  it('P16.11 is refused for a procedure of one answer, and invoke() for a stream', async () => {
    const { server, client } = await startPair();
    server.handle('once', () => 1);
    server.handle('endless', endless().generate);
    expect((await readAll(client.stream('once'))).error.name).toBe('InvalidActionError');
    await expect(client.invoke('endless')).rejects.toMatchObject({ name: 'InvalidActionError' });
  });

  it('a stalled loop stops an endless generator, and holds nobody else up', async () => {
    const { server, client } = await startPair();
    const { state, generate } = endless();
    server.handle('endless', generate);
    server.handle('echo', (data) => data);
    const iterator = client.stream('endless', 0, { highWaterMark: 10 })[Symbol.asyncIterator]();
    await iterator.next();
    for (let n = 0; n < 20; n++) expect(await client.invoke('echo', n)).toBe(n);
    expect(state.advanced).toBe(10);
    await iterator.return!();
    await until('the end of the generator', () => state.left === 1);
  });

  it('stalled loops over endless generators leave the heap as it is', async () => {
    const { server, client } = await startPair();
    const chunk = 'x'.repeat(2_000);
    let advanced = 0;
    server.handle('endless', async function* () {
      for (;;) yield `${++advanced} ${chunk}`;
    });
    server.handle('echo', (data) => data);
    const loops = Array.from({ length: 20 }, () =>
      client.stream('endless')[Symbol.asyncIterator](),
    );
    for (const loop of loops) await loop.next();
    await until('a standstill', () => advanced === 20 * 128);
    for (let n = 0; n < 500; n++) await client.invoke('echo', n);
    const before = await heldBytes();
    for (let n = 0; n < 3_000; n++) await client.invoke('echo', n);
    expect((await heldBytes()) - before).toBeLessThan(1_000_000);
    expect(advanced).toBe(20 * 128);
  });

  it('streams that were left leave nothing behind', async () => {
    const { server, client } = await startPair();
    const { state, generate } = endless();
    server.handle('endless', generate);
    const readSome = async (count: number) => {
      for (let n = 0; n < count; n++)
        for await (const _item of client.stream('endless', 0, { highWaterMark: 8 })) break;
    };
    await readSome(100);
    const before = await heldBytes();
    await readSome(500);
    await until('the end of the generators', () => state.left === 600);
    // One that stays holds more than a kilobyte.
    expect((await heldBytes()) - before).toBeLessThan(500_000);
  });

  it('large items come a window ahead at most, and all of them', async () => {
    const { server, client } = await startPair({ streamHighWaterMarkBytes: 200_000 });
    let advanced = 0;
    server.handle('echo', (data) => data);
    server.handle('large', async function* () {
      for (; advanced < 40; advanced++) yield 'x'.repeat(50_000);
    });
    let read = 0;
    let most = 0;
    for await (const _item of client.stream('large')) {
      read++;
      // Its answer comes behind all that the server may send by now.
      await client.invoke('echo');
      most = Math.max(most, advanced - read);
    }
    expect(read).toBe(40);
    expect(most).toBeLessThanOrEqual(5);
  });

  it('P16.8 maxStreams bounds the loops of a client, too', async () => {
    const { server, client } = await startPair({}, { maxStreams: 2 });
    server.handle('endless', endless().generate);
    const loops = [1, 2].map(() => client.stream('endless')[Symbol.asyncIterator]());
    for (const loop of loops) await loop.next();
    expect((await readAll(client.stream('endless'))).error).toMatchObject({
      name: 'QueueFullError',
      message: /maxStreams: 2/,
    });
    await loops[0]!.return!();
    const next = client.stream('endless')[Symbol.asyncIterator]();
    expect((await next.next()).done).toBe(false);
  });

  it('ackTimeout counts until the stream opens', async () => {
    const { server, client } = await startPair({}, { ackTimeout: 500 });
    let release = () => {};
    server.handle('late', async function* () {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      yield 1;
    });
    server.handle('never', () => new Promise(() => {}));
    const late = readAll(client.stream('late'));
    expect((await readAll(client.stream('never'))).error.name).toBe('TimeoutError');
    release();
    expect(await late).toEqual({ items: [1] });
  });
});

describe('a lost connection', () => {
  async function startBehindProxy(clientOptions: ClientOptions = {}) {
    const context = await startServer();
    const proxy = await TcpProxy.start(context.port);
    onCleanup(() => proxy.stop());
    /** Breaks what is connected; the next attempt finds the way open. */
    const breakConnection = () => {
      proxy.cut();
      proxy.restore();
    };
    const client = connect(proxy.port, {
      autoReconnectOptions: { initialDelay: 1, randomness: 0 },
      ...clientOptions,
    });
    await within('the connect event', client.listener('connect').once());
    return { ...context, breakConnection, client };
  }

  it('ends the loop with BadConnectionError behind what has arrived', async () => {
    const { server, client, breakConnection } = await startBehindProxy();
    server.handle('endless', endless().generate);
    const iterator = client.stream('endless', 0, { highWaterMark: 4 })[Symbol.asyncIterator]();
    await iterator.next();
    await client.invoke('none').catch(() => {});
    const loss = client.listener('disconnect').once();
    breakConnection();
    await within('the disconnect event', loss);
    const rest: unknown[] = [];
    const read = async () => {
      for (;;) rest.push((await iterator.next()).value);
    };
    await expect(read()).rejects.toMatchObject({ name: 'BadConnectionError' });
    expect(rest).toEqual([2, 3, 4]);
  });

  it('with resume the loop goes on after the reconnect, with each item once', async () => {
    const { server, client, breakConnection } = await startBehindProxy();
    const starts: unknown[] = [];
    server.handle('from', async function* (first: number) {
      starts.push(first);
      for (let n = first; n <= 60; n++) yield n;
    });
    const items: number[] = [];
    let cuts = 0;
    const resume = (last: number | undefined) => (last ?? 0) + 1;
    for await (const item of client.stream('from', 1, { resume, highWaterMark: 8 })) {
      items.push(item);
      if ((item === 10 || item === 30 || item === 31) && cuts++ < 3) breakConnection();
    }
    expect(items).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
    expect(starts.length).toBeGreaterThan(1);
  });

  it('resume waits for no reconnect when a handler has lost a connection of its own', async () => {
    const { server, client } = await startBehindProxy();
    server.handle('relay', async function* () {
      yield 1;
      throw new BadConnectionError('lost the database', 'disconnect', 1006);
    });
    const loop = readAll(client.stream('relay', 0, { resume: () => 0 }));
    expect(await within('the end of the loop', loop)).toMatchObject({
      items: [1],
      error: { name: 'BadConnectionError', message: 'lost the database' },
    });
  });

  it('resume does not bring back what the application has disconnected', async () => {
    const { server, client } = await startBehindProxy();
    server.handle('endless', endless().generate);
    const loop = readAll(client.stream('endless', 0, { resume: () => 0, highWaterMark: 1 }));
    await client.stream('endless')[Symbol.asyncIterator]().next();
    client.disconnect();
    expect((await loop).error).toMatchObject({ name: 'BadConnectionError' });
    expect(client.state).toBe('closed');
  });

  it('P16.14 a server that drains is left for another one, and the loop goes on there', async () => {
    const first = await startServer();
    const second = await startServer();
    let target = first.port;
    const proxy = await TcpProxy.start(() => target);
    onCleanup(() => proxy.stop());
    for (const { server } of [first, second]) {
      server.handle('from', async function* (start: number) {
        for (let n = start; ; n++) {
          if (n === 50 && server === first.server) await new Promise(() => {});
          yield n;
        }
      });
    }
    const client = connect(proxy.port, {
      autoReconnectOptions: { initialDelay: 1, randomness: 0 },
    });
    const items: number[] = [];
    for await (const item of client.stream('from', 1, { resume: (last: number) => last + 1 })) {
      items.push(item);
      if (item === 49) {
        target = second.port;
        void first.server.drain({ spread: 0 });
      }
      if (item === 100) break;
    }
    expect(items).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
  });
});
