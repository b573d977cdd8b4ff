import { pass, stopTime } from '@asyngular/test-utils/clock';
import { within } from '@asyngular/test-utils/wait';
import { describe, expect, it } from 'vitest';
import { collect, onConnection, startServer, testEngine, until } from './support/server.js';

describe('drain', () => {
  it('refuses upgrades, spreads 1001 over time, and loses nothing accepted', async () => {
    const { server, open, connect } = await startServer();
    let answer: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      answer = resolve;
    });
    server.handle('slow', async (data) => {
      await gate;
      return data;
    });
    const clients = await Promise.all([...Array(10)].map(() => open()));
    const pending = connect();
    await pending.opened();
    const calls = clients.map((client) => client.request('slow', 'done'));
    await until('all calls are in flight', () =>
      Object.values(server.clients).every((socket) => socket.stats().unconsumedMessages === 1),
    );
    stopTime();
    const drained = server.drain({ spread: 1_000, timeout: 5_000 });
    expect(server.isReady).toBe(false);
    expect((await pending.whenClosed()).code).toBe(1001);
    await expect(connect().opened()).rejects.toThrow('503');
    answer();
    for (const call of calls) expect((await call).data).toBe('done');
    await pass(500);
    await until('half of them have left', () => server.clientsCount <= 5);
    expect(server.clientsCount).toBeGreaterThanOrEqual(3);
    await pass(500);
    for (const client of clients) expect((await client.whenClosed()).code).toBe(1001);
    await until('nobody is left', () => server.clientsCount === 0);
    await pass(1_000);
    expect(await drained).toEqual({ finished: 10, unfinished: 0 });
    expect(server.clientsCount).toBe(0);
    expect(await server.drain()).toEqual({ finished: 10, unfinished: 0 });
  });

  it('closes at the timeout whoever has not finished', async () => {
    const { server, open } = await startServer();
    server.handle('never', () => new Promise(() => {}));
    const client = await open();
    client.send(client.call('never'));
    await client.settled();
    expect(await server.drain({ timeout: 50 })).toEqual({ finished: 0, unfinished: 1 });
    expect((await client.whenClosed()).code).toBe(1001);
  });

  // uWebSockets.js reads nothing any more once it has sent a close frame.
  it.skipIf(testEngine() === 'uws')(
    'takes messages that were under way, but does not begin calls',
    async () => {
      const { server, open } = await startServer();
      let called = 0;
      server.handle('count', () => ++called);
      const notes: unknown[] = [];
      onConnection(server, async (socket) => {
        for await (const note of socket.receiver('note')) notes.push(note);
      });
      const reader = collect(server.exchange.subscribe('c'));
      const client = await open();
      await client.settled();
      const disconnected = within('the disconnection', server.listener('disconnection').once());
      const drained = server.drain({ spread: 0 });
      // Sent before the client can have learned that the server leaves.
      client.transmit('note', 'under way');
      client.transmit('#publish', { channel: 'c', data: 'too' });
      client.send(client.call('count'));
      expect((await client.whenClosed()).code).toBe(1001);
      expect((await disconnected).code).toBe(1001);
      await drained;
      expect(notes).toEqual(['under way']);
      expect(reader).toEqual(['too']);
      expect(called).toBe(0);
    },
  );

  it('waits for bytes that the client has not taken yet', async () => {
    const { server, open } = await startServer();
    const client = await open();
    const [socket] = Object.values(server.clients);
    stopTime();
    client.ws.pause();
    for (let i = 0; i < 100; i++) socket!.transmit('big', 'x'.repeat(65_536));
    const drained = server.drain({ spread: 0 });
    await pass(1_000);
    expect(server.clientsCount).toBe(1);
    client.ws.resume();
    await until('all is sent', () => client.received.length > 100);
    await pass(100);
    await client.whenClosed();
    expect(client.received.filter(({ event }) => event === 'big')).toHaveLength(100);
    await until('the client is gone', () => server.clientsCount === 0);
    await pass(100);
    expect(await drained).toEqual({ finished: 1, unfinished: 0 });
  });
});
