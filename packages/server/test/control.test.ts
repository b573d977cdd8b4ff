import { rejection } from '@asyngular/test-utils/wait';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answering } from './support/answering.js';
import { collect, startServer, startWithClient, testEngine, until } from './support/server.js';

// Answers are read and handled whatever holds a client's data up: what holds it up may wait for them.

/** A promise and what settles it. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open: () => void = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

const range = (count: number): number[] => [...Array(count)].map((_, i) => i);

describe('a handler that asks its client', () => {
  it('is answered while far more calls wait than the mark allows, in the order of the calls', async () => {
    const { server, client } = await startWithClient({ inboundHighWaterMark: 10 });
    const order: number[] = [];
    server.handle('work', async (n: number, { socket }) => {
      order.push(n);
      return socket.invoke('confirm', n);
    });
    answering(client, { confirm: (n) => n * 2 });
    const answers = await Promise.all(range(200).map((n) => client.request('work', n)));
    expect(answers.map(({ data }) => data)).toEqual(range(200).map((n) => n * 2));
    expect(order).toEqual(range(200));
  });

  it('is answered three levels deep, each of which asks the other side', async () => {
    const { server, client } = await startWithClient({ inboundHighWaterMark: 10 });
    server.handle('level 1', async (n: number, { socket }) => socket.invoke('level 2', n + 1));
    server.handle('level 3', async (n: number, { socket }) => socket.invoke('level 4', n + 1));
    answering(client, {
      'level 2': async (n) => (await client.request('level 3', n + 1)).data,
      'level 4': (n) => n + 1,
    });
    expect((await client.request('level 1', 1)).data).toBe(5);
  });

  it('is answered by a client that is one below the mark, and by one at it', async () => {
    for (const others of [8, 9]) {
      const { server, client, socket } = await startWithClient({ inboundHighWaterMark: 10 });
      const stuck = gate();
      server.handleTransmit('note', () => stuck.opened);
      server.handle('work', (n: number, context) => context.socket.invoke('confirm', n));
      for (let i = 0; i < others; i++) client.transmit('note', i);
      answering(client, { confirm: (n) => n });
      expect((await client.request('work', others)).data).toBe(others);
      expect(socket.stats().unconsumedMessages).toBe(others);
      stuck.open();
    }
  });

  it('made while reading is paused already, makes it go on; data goes on waiting, in order', async () => {
    const { server, client, socket } = await startWithClient({ inboundHighWaterMark: 10 });
    const stuck = gate();
    const got: number[] = [];
    server.handleTransmit('note', async (n: number) => {
      await stuck.opened;
      got.push(n);
    });
    for (const n of range(500)) client.transmit('note', n);
    await until('reading is paused', () => socket.stats().isReadingPaused);
    const { unconsumedMessages } = socket.stats();
    answering(client, { confirm: () => 'yes' });
    expect(await socket.invoke('confirm')).toBe('yes');
    expect(await socket.invoke('confirm')).toBe('yes');
    expect(socket.stats()).toMatchObject({ isReadingPaused: true, unconsumedMessages });
    stuck.open();
    await until('all notes', () => got.length === 500);
    expect(got).toEqual(range(500));
    expect(socket.stats().isReadingPaused).toBe(false);
  });

  it('while the server drains is answered, and so is its call', async () => {
    const { server, client } = await startWithClient();
    const started = gate();
    const asked = gate();
    server.handle('work', async (n: number, { socket }) => {
      started.open();
      await asked.opened;
      return socket.invoke('confirm', n);
    });
    answering(client, { confirm: (n) => n });
    const call = client.request('work', 7);
    await started.opened;
    const drained = server.drain({ timeout: 10_000, spread: 0 });
    // Data that comes meanwhile is taken before the end, as if it had come in its turn.
    const late = collect(server.listener('disconnection'));
    client.transmit('late', 1);
    asked.open();
    expect((await call).data).toBe(7);
    expect(await drained).toEqual({ finished: 1, unfinished: 0 });
    await until('the end', () => late.length === 1);
  });
});

describe('a middleware function that asks its client', () => {
  it('on the handshake line is refused at once: the client is not there yet', async () => {
    const { server, connect } = await startServer();
    const outcomes: string[] = [];
    server.setMiddleware('handshake', async (actions) => {
      for await (const action of actions) {
        if (action.type === 'handshakeAG') {
          const error = await rejection(action.socket.invoke('confirm'));
          outcomes.push(error.name);
        }
        action.allow();
      }
    });
    await connect().handshake();
    expect(outcomes).toEqual(['BadConnectionError']);
  });

  it.each(['inboundRaw', 'inbound'] as const)('on the %s line is answered', async (line) => {
    const { server, client, socket } = await startWithClient();
    const asked: unknown[] = [];
    server.setMiddleware(line, async (actions: AsyncIterable<any>) => {
      for await (const action of actions) {
        const concerns = line === 'inbound' ? action.procedure : String(action.data);
        if (/pay/.test(concerns)) asked.push(await action.socket.invoke('confirm', 'sure?'));
        action.allow();
      }
    });
    server.handle('pay', (n: number) => n);
    answering(client, { confirm: (text) => `${text} yes` });
    const answers = await Promise.all(range(5).map((n) => client.request('pay', n)));
    expect(answers.map(({ data }) => data)).toEqual(range(5));
    expect(asked).toEqual(Array(5).fill('sure? yes'));
    expect(socket.getInboundBackpressure()).toBe(0);
  });

  it('on the inbound line may wait until a token has been delivered', async () => {
    const { server, client } = await startWithClient();
    server.setMiddleware('inbound', async (actions) => {
      for await (const action of actions) {
        await action.socket.setAuthToken({ n: 1 }, { rejectOnFailedDelivery: true });
        action.allow();
      }
    });
    server.handle('x', () => 'done');
    answering(client, { '#setAuthToken': () => undefined });
    expect((await client.request('x')).data).toBe('done');
  });

  it('on the outbound line is answered, and the publications keep their order', async () => {
    const { server, client, socket } = await startWithClient({ inboundHighWaterMark: 4 });
    server.setMiddleware('outbound', async (actions) => {
      for await (const action of actions) {
        const isWanted = await action.socket.invoke('wants', action.data);
        if (isWanted) action.allow();
        else action.block();
      }
    });
    await client.subscribe('c');
    answering(client, { wants: (n) => n % 2 === 0 });
    for (const n of range(20)) server.exchange.transmitPublish('c', n);
    const published = () =>
      client.received.filter(({ event }) => event === '#publish').map(({ data }) => data.data);
    await until('the last publication', () => published().includes(18), published);
    expect(published()).toEqual(range(10).map((n) => n * 2));
    await until('nothing is held', () => !socket.stats().isReadingPaused);
  });

  it('on the outbound line may be asked back by the client', async () => {
    const { server, client } = await startWithClient();
    server.handle('why', () => 'because');
    server.setMiddleware('outbound', async (actions) => {
      for await (const action of actions) {
        action.allow({ data: await action.socket.invoke('reason') } as any);
      }
    });
    await client.subscribe('c');
    answering(client, { reason: async () => (await client.request('why')).data });
    const publication = client.nextEvent('#publish');
    server.exchange.transmitPublish('c', 'x');
    expect(await publication).toMatchObject({ data: { channel: 'c' } });
  });
});

describe('in a batch', () => {
  it('answers pass, and the rest keeps its order', async () => {
    const { server, client, socket } = await startWithClient();
    const stuck = gate();
    const got: unknown[] = [];
    server.setMiddleware('inbound', async (actions) => {
      for await (const action of actions) {
        await stuck.opened;
        action.allow();
      }
    });
    server.handleTransmit('note', (n) => {
      got.push(n);
    });
    client.transmit('note', 0);
    const calls = [socket.invoke('a'), socket.invoke('b')];
    const [a, b] = await Promise.all([client.nextEvent('a'), client.nextEvent('b')]);
    client.send([
      { event: 'note', data: 1 },
      { rid: b.cid, data: 'to b' },
      { event: 'note', data: 2 },
      { rid: a.cid, error: { name: 'Error', message: 'to a' } },
    ]);
    client.transmit('note', 3);
    expect((await rejection(calls[0]!)).message).toBe('to a');
    expect(await calls[1]).toBe('to b');
    expect(got).toEqual([]);
    stuck.open();
    await until('the notes', () => got.length === 4);
    expect(got).toEqual([0, 1, 2, 3]);
  });

  it('an answer is found behind the packet that waits for it', async () => {
    const { server, client, socket } = await startWithClient();
    const call = socket.invoke('a');
    const { cid } = await client.nextEvent('a');
    server.setMiddleware('inbound', async (actions) => {
      for await (const action of actions) {
        await call;
        action.allow();
      }
    });
    server.handle('x', () => 'done');
    const x = client.call('x');
    client.send([x, { rid: cid }]);
    expect((await client.response(x.cid)).data).toBe('done');
  });
});

describe('bounds', () => {
  it('a call whose answer is behind too much data times out, and the data is handled', async () => {
    const { server, client, socket } = await startWithClient({
      inboundHighWaterMark: 10,
      inboundHighWaterMarkBytes: 20_000,
    });
    const stuck = gate();
    const got: number[] = [];
    server.handleTransmit('note', async ({ n }: { n: number }) => {
      await stuck.opened;
      got.push(n);
    });
    for (const n of range(2_000)) client.transmit('note', { n, text: 'x'.repeat(100) });
    await until('reading is paused', () => socket.stats().isReadingPaused);
    answering(client, { confirm: () => 'yes' });
    const before = socket.getBytesReceived();
    expect(await rejection(socket.invoke('confirm', 1, { ackTimeout: 200 }))).toMatchObject({
      name: 'TimeoutError',
    });
    // One read beyond the bound at most; uWebSockets.js cannot be told to stop reading.
    if (testEngine() !== 'uws') {
      expect(socket.getBytesReceived() - before).toBeLessThan(20_000 + 65_536 * 2);
    }
    stuck.open();
    await until('all notes', () => got.length === 2_000);
    expect(got).toEqual(range(2_000));
    expect(await socket.invoke('confirm')).toBe('yes');
  });

  it('answers to calls that nobody made close the socket with 1008 while data waits', async () => {
    const { server, client, socket } = await startWithClient({
      inboundHighWaterMark: 10,
      maxPendingCalls: 100,
    });
    server.handleTransmit('note', () => new Promise(() => {}));
    for (const n of range(20)) client.transmit('note', n);
    await until('reading is paused', () => socket.stats().isReadingPaused);
    const call = rejection(socket.invoke('confirm'));
    for (const n of range(100)) client.send({ rid: 1_000 + n });
    client.send(range(50).map((n) => ({ rid: 2_000 + n })));
    expect(await client.whenClosed()).toEqual({
      code: 1008,
      reason: 'More than 100 answers to no call came while messages were waiting',
    });
    expect((await call).name).toBe('BadConnectionError');
    expect(server.stats().limits.maxPendingCalls).toBe(1);
  });

  it('a client that closes in good order is heard out first', async () => {
    const { server, client, socket } = await startWithClient({
      inboundHighWaterMark: 10,
      socketStreamCleanupMode: 'close',
    });
    const stuck = gate();
    const got: number[] = [];
    const ends = collect(server.listener('disconnection'));
    (async () => {
      for await (const n of socket.receiver('note')) {
        await stuck.opened;
        got.push(n as number);
      }
    })();
    for (const n of range(20)) client.transmit('note', n);
    await until('reading is paused', () => socket.stats().isReadingPaused);
    const call = rejection(socket.invoke('confirm'));
    for (const n of range(80)) client.transmit('note', 20 + n);
    client.ws.close(4321, 'done');
    await client.whenClosed();
    expect(ends).toEqual([]);
    stuck.open();
    await until('the end', () => ends.length === 1);
    expect(ends[0]).toMatchObject({ code: 4321, reason: 'done' });
    expect((await call).name).toBe('BadConnectionError');
    await until('all notes', () => got.length === 100);
    expect(got).toEqual(range(100));
  });
});

it('data keeps its order, and every call is answered, under random holds', async () => {
  const step = fc.constantFrom('note', 'batch', 'pong', 'ask', 'pause', 'slow');
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 5, maxLength: 60 }),
      fc.boolean(),
      async (steps, lines) => {
        const { server, client, socket } = await startWithClient({ inboundHighWaterMark: 4 });
        const got: number[] = [];
        const turn = () => new Promise((resolve) => setImmediate(resolve));
        if (lines) {
          server.setMiddleware('inbound', async (actions) => {
            for await (const action of actions) {
              if (action.type === 'transmit' && (action.data as any) % 7 === 0) {
                await action.socket.invoke('confirm', action.data);
              }
              action.allow();
            }
          });
        }
        server.handleTransmit('note', async (n: number) => {
          if (n % 3 === 0) await turn();
          if (n % 5 === 0) expect(await socket.invoke('confirm', n)).toBe(n);
          got.push(n);
        });
        answering(client, { confirm: (n) => n });
        const calls: Promise<unknown>[] = [];
        let sent = 0;
        const note = () => ({ event: 'note', data: sent++ });
        for (const kind of steps) {
          if (kind === 'note') client.send(note());
          else if (kind === 'batch') client.send([note(), note(), { rid: 1e6 }, note()]);
          else if (kind === 'pong') client.send('');
          else if (kind === 'ask') calls.push(socket.invoke('confirm', 'out of turn'));
          else if (kind === 'pause') await turn();
          else await new Promise((resolve) => setTimeout(resolve, 1));
        }
        expect(new Set(await Promise.all(calls)).size).toBeLessThanOrEqual(1);
        await until(
          'all notes',
          () => got.length === sent,
          () => ({ sent, got }),
        );
        expect(got).toEqual(range(sent));
        client.terminate();
      },
    ),
    { numRuns: 25 },
  );
});
