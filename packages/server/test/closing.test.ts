import { createServer } from 'node:http';
import { type Broker, memoryBroker } from '@asyngular/broker';
import { pass, stopTime } from '@asyngular/test-utils/clock';
import { describe, expect, it } from 'vitest';
import { attach } from '../src/index.js';
import { nextTurn } from '../src/turns/next-turn.js';
import { startServer, testEngine, until } from './support/server.js';

/** What the warning of a server lists that has cut something. */
function cutIn(warnings: Error[]): string[] {
  const texts = warnings.map(({ message }) => message).filter((text) => text.includes(' cut '));
  return texts.flatMap((text) => text.split(': ')[1]!.split('; '));
}

describe('close()', () => {
  it('cuts nothing, and says nothing, when all is done', async () => {
    const { server, open, warnings } = await startServer();
    server.handle('echo', (data) => data);
    const client = await open();
    await client.request('echo', 1);
    await server.close();
    await nextTurn();
    expect(cutIn(warnings)).toEqual([]);
  });

  it('F8: names the sockets whose handlers have not returned, in one warning', async () => {
    const { server, open, warnings } = await startServer();
    server.handle('never', () => new Promise(() => {}));
    server.handleTransmit('never', () => new Promise(() => {}));
    const [caller, sender, idler] = [await open(), await open(), await open()];
    caller.send(caller.call('never'));
    sender.transmit('never');
    for (const client of [caller, sender, idler]) await client.settled();
    await server.close();
    await until('the warning', () => cutIn(warnings).length > 0);
    expect(cutIn(warnings)).toEqual([
      '2 sockets with calls or messages under way (drain() lets clients finish)',
    ]);
    expect(warnings.at(-1)!.name).toBe('TimeoutError');
  });

  it('F8: names a broker that never closes, and leaves it behind', async () => {
    const inner = memoryBroker();
    const broker: Broker = Object.assign(Object.create(inner), {
      start: inner.start.bind(inner),
      stats: inner.stats.bind(inner),
      close: () => new Promise<void>(() => {}),
    });
    const { server, warnings } = await startServer({ broker, closeTimeout: 50 });
    await server.close();
    await until('the warning', () => warnings.length > 0);
    expect(cutIn(warnings)).toEqual([
      `the ${inner.name} broker, which did not close within 50 ms and may keep the process alive`,
    ]);
  });

  it('drops an upgrade that middleware has not judged', async () => {
    const { server, connect } = await startServer();
    server.setMiddleware('handshake', async (stream) => {
      for await (const action of stream) void action;
    });
    const client = connect();
    const refused = expect(client.opened()).rejects.toThrow();
    await until('the upgrade', () => server.stats().pendingHandshakes === 1);
    await server.close();
    await refused;
    expect(server.stats().pendingHandshakes).toBe(0);
  });

  it('drops a connection whose client leaves its close frame unanswered', async () => {
    const { server, open } = await startServer();
    const client = await open();
    client.ws.pause();
    Object.values(server.clients)[0]!.disconnect();
    expect(server.clientsCount).toBe(0);
    await server.close();
    client.ws.resume();
    await client.whenClosed();
  });

  it('is the same promise when it is called twice, also while a broker takes its time', async () => {
    const { server } = await startServer();
    const closed = server.close();
    expect(server.close()).toBe(closed);
    await closed;
    expect(server.close()).toBe(closed);
  });

  it('while the server starts: no event follows, and no warning', async () => {
    const inner = memoryBroker();
    let failStart: (error: Error) => void = () => {};
    const broker: Broker = Object.assign(Object.create(inner), {
      start: () =>
        new Promise<void>((_, reject) => {
          failStart = reject;
        }),
      stats: inner.stats.bind(inner),
      close: async () => failStart(new Error('closed while starting')),
    });
    const { server, warnings } = await startServer({ broker });
    let isReady = false;
    server
      .listener('ready')
      .once()
      .then(() => {
        isReady = true;
      });
    await server.close();
    await nextTurn();
    expect([isReady, server.isReady, warnings]).toEqual([false, false, []]);
  });

  it('in the turn that made the server', async () => {
    const server = attach(createServer(), { authKey: 'test key' });
    await server.close();
    expect(server.isReady).toBe(false);
  });
});

describe('drain()', () => {
  it('F8: does not wait for the turns of clients who have all hung up', async () => {
    const { server, open } = await startServer();
    const clients = [await open(), await open(), await open()];
    stopTime();
    const drained = server.drain({ spread: 20_000, timeout: 30_000 });
    for (const client of clients) client.terminate();
    await until('them to be gone', () => server.clientsCount === 0);
    await pass(20);
    expect(await drained).toEqual({ finished: 3, unfinished: 0 });
  });

  it('F8: ends soon when close() is called meanwhile, and counts whom that has cut', async () => {
    const { server, open, warnings } = await startServer();
    server.handle('never', () => new Promise(() => {}));
    const [caller] = [await open(), await open()];
    caller!.send(caller!.call('never'));
    await caller!.settled();
    const startedAt = performance.now();
    const drained = server.drain({ spread: 20_000, timeout: 30_000 });
    await server.close();
    expect(await drained).toEqual({ finished: 1, unfinished: 1 });
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    await server.close();
    expect(cutIn(warnings)).toEqual(['1 socket with calls or messages under way']);
  });

  // uWebSockets.js cuts a connection itself whose close frame stays unanswered.
  it.skipIf(testEngine() === 'uws')(
    'F8: names what it has cut, and what has not answered the close frame',
    async () => {
      const { server, open, warnings } = await startServer();
      server.handle('never', () => new Promise(() => {}));
      const [caller, silent] = [await open(), await open()];
      caller!.send(caller!.call('never'));
      await caller!.settled();
      silent!.ws.pause();
      expect(await server.drain({ spread: 0, timeout: 50 })).toEqual({
        finished: 1,
        unfinished: 1,
      });
      await until('the warning', () => cutIn(warnings).length > 0);
      expect(cutIn(warnings)).toEqual([
        '1 socket with calls or messages under way',
        '1 connection without an answer to the close frame',
      ]);
    },
  );
});
