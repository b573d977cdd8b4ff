import { MemoryHub, memoryBroker } from '@asyngular/broker';
import { pass, stopTime } from '@asyngular/test-utils/clock';
import { rejection } from '@asyngular/test-utils/wait';
import { describe, expect, it } from 'vitest';
import { onConnection, startServer, until } from './support/server.js';

// What a client's traffic can fill although the streams are not its own. A loop over the exchange that awaits
// used to take all memory, with default options.

/** A call that is answered only when it is released. */
function createGate() {
  let release: () => void = () => {};
  const opened = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { opened, release };
}

describe('a loop over the exchange that lags', () => {
  it('holds up the clients that publish on its channel, and nothing is lost', async () => {
    const { server, open, warnings } = await startServer({ exchangeHighWaterMark: 100 });
    const got: number[] = [];
    const gate = createGate();
    const reading = (async () => {
      for await (const n of server.exchange.subscribe('orders')) {
        await gate.opened;
        got.push(n as number);
        if (got.length === 2_000) return;
      }
    })();
    const [publisher, bystander] = [await open(), await open()];
    let answered = 0;
    for (let n = 0; n < 2_000; n++) {
      publisher.request('#publish', { channel: 'orders', data: n }).then(() => answered++);
    }
    const [socket] = Object.values(server.clients);
    await until('it is not read from', () => socket!.stats().isReadingPaused);
    for (let turn = 0; turn < 5; turn++) await bystander.settled();
    // The loop has taken one, before or after the hundredth came.
    const waiting = server.exchange.getBackpressure();
    expect([99, 100]).toContain(waiting);
    expect(answered).toBe(waiting + 1);
    // Other channels and calls are as fast as ever.
    expect((await bystander.request('#publish', { channel: 'other', data: 1 })).error).toBe(
      undefined,
    );
    expect(server.stats().limits.exchangeHighWaterMark).toBe(1);
    expect(warnings.map(String)).toEqual([
      expect.stringContaining('A loop over the exchange channel orders lags 100 messages behind'),
    ]);
    gate.release();
    await reading;
    await until('all are answered', () => answered === 2_000);
    expect(got).toEqual([...Array(2_000).keys()]);
    expect(socket!.stats().isReadingPaused).toBe(false);
    expect(server.stats()).toMatchObject({ backlogMessages: 0, backlogBytes: 0 });
  });

  it('counts bytes, too, in what the messages take when they are decoded', async () => {
    const { server, open } = await startServer({ exchangeHighWaterMarkBytes: 100_000 });
    server.exchange.subscribe('orders').createConsumer();
    const client = await open();
    // 3 characters become an array each.
    const dense = Array.from({ length: 400 }, () => []);
    for (let n = 0; n < 20; n++) {
      client.transmit('#publish', { channel: 'orders', data: dense });
    }
    const [socket] = Object.values(server.clients);
    await until('it is not read from', () => socket!.stats().isReadingPaused);
    // On the wire all twenty take a quarter of that.
    expect(server.exchange.getBackpressure()).toBeLessThan(10);
    expect(server.stats().backlogBytes).toBeGreaterThan(100_000);
  });

  it('holds up a batch in its midst', async () => {
    const { server, open } = await startServer({ exchangeHighWaterMark: 10 });
    const consumer = server.exchange.subscribe('orders').createConsumer();
    const client = await open();
    client.send(
      Array.from({ length: 50 }, (_, n) => ({
        event: '#publish',
        data: { channel: 'orders', data: n },
      })),
    );
    for (let n = 0; n < 50; n++) {
      expect((await consumer.next()).value).toBe(n);
      expect(server.exchange.getBackpressure()).toBeLessThanOrEqual(10);
    }
  });

  it('is freed of what waits when the publisher leaves, and a killed loop frees the publisher', async () => {
    // A client that is not read from is found to be gone by what is written to it.
    const { server, open } = await startServer({ exchangeHighWaterMark: 10, pingInterval: 50 });
    const { exchange } = server;
    exchange.subscribe('orders').createConsumer();
    const [leaving, staying] = [await open(), await open()];
    const sockets = Object.values(server.clients);
    for (const client of [leaving, staying]) {
      for (let n = 0; n < 50; n++) client.transmit('#publish', { channel: 'orders', data: n });
    }
    await until('both wait', () => sockets.every((socket) => socket.stats().isReadingPaused));
    leaving.terminate();
    await until('one has left', () => server.clientsCount === 1);
    expect(exchange.getBackpressure()).toBe(10);
    exchange.channel('orders').killOutput();
    await staying.settled();
    expect(sockets[1]!.stats()).toMatchObject({ isReadingPaused: false, unconsumedMessages: 0 });
  });

  it('holds nobody up when it has a mark of its own', async () => {
    const { server, open } = await startServer({ exchangeHighWaterMark: 10 });
    const newest = server.exchange
      .subscribe('prices')
      .createConsumer({ highWaterMark: 20, overflow: 'drop-oldest' });
    const client = await open();
    for (let n = 0; n < 500; n++) client.transmit('#publish', { channel: 'prices', data: n });
    await client.settled();
    expect(newest.getBackpressure()).toBe(20);
    expect((await newest.next()).value).toBe(480);
  });

  it('does not judge the clients that wait by their silence', async () => {
    const { server, open } = await startServer({
      exchangeHighWaterMark: 10,
      pingInterval: 20,
      pingTimeout: 80,
    });
    stopTime();
    const consumer = server.exchange.subscribe('orders').createConsumer();
    const client = await open();
    const [socket] = Object.values(server.clients);
    for (let n = 0; n < 50; n++) client.transmit('#publish', { channel: 'orders', data: n });
    await until('it waits', () => socket!.stats().isReadingPaused);
    for (let passed = 0; passed < 320; passed += 20) {
      await pass(20);
      await new Promise((resolve) => setImmediate(resolve));
      expect(socket!.state).toBe('open');
    }
    for (let n = 0; n < 50; n++) await consumer.next();
    await client.settled();
  });
});

describe('what cannot be held up', () => {
  const bytes = 4_000_000;

  it.each(['this server', 'another server'])(
    'publications of %s end the longest loop at maxBacklogBytesTotal, and no other',
    async (origin) => {
      const hub = new MemoryHub();
      const { server, open, warnings } = await startServer({
        broker: memoryBroker({ hub }),
        maxBacklogBytesTotal: bytes,
      });
      const other = await startServer({ broker: memoryBroker({ hub }) });
      const publisher = origin === 'this server' ? server : other.server;
      const { exchange } = server;
      const slow = exchange.subscribe('orders').createConsumer();
      const slowPolicy = exchange
        .subscribe('prices')
        .createConsumer({ highWaterMark: 100_000, overflow: 'drop-oldest' });
      const quick: unknown[] = [];
      (async () => {
        for await (const data of exchange.subscribe('orders')) quick.push(data);
      })();
      const text = 'x'.repeat(1_000);
      let published = 0;
      while (server.stats().limits.maxBacklogBytesTotal === 0) {
        expect(published).toBeLessThan(5_000);
        published++;
        await publisher.exchange.transmitPublish('orders', text);
        if (published % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      expect(await rejection(slow.next())).toMatchObject({
        name: 'BacklogLimitError',
        code: 'ERR_BACKLOG_LIMIT',
      });
      expect(warnings.at(-1)?.message).toMatch(
        /a loop over the exchange channel orders \(\d+ messages, about \d+ bytes\), was dropped.*maxBacklogBytesTotal is 4000000/,
      );
      expect(server.stats().backlogBytes).toBeLessThan(bytes / 2);

      while (server.stats().limits.maxBacklogBytesTotal === 1) {
        published++;
        await publisher.exchange.transmitPublish('prices', text);
        await new Promise((resolve) => setImmediate(resolve));
      }
      await publisher.exchange.transmitPublish('prices', 'newest');
      expect((await slowPolicy.next()).value).toBe('newest');
      await (await open()).settled();
      expect(quick.length).toBeGreaterThan(3_000);
    },
  );

  it('what waits for a handler goes with its client, however long the handler takes', async () => {
    const { server, open } = await startServer();
    const gate = createGate();
    const got: unknown[] = [];
    server.handleTransmit('x', async (data) => {
      got.push(data);
      await gate.opened;
    });
    const client = await open();
    for (let n = 0; n < 100; n++) client.transmit('x', n);
    await client.settled();
    expect(server.stats().backlogMessages).toBe(100);
    client.terminate();
    await until('only the one being handled is left', () => server.stats().backlogMessages === 1);
    gate.release();
    await until('nothing is left', () => server.stats().backlogBytes === 0);
    expect(got).toEqual([0]);
  });

  it('the socket with the longest backlog is closed with 1008 when all sockets hold too much', async () => {
    const { server, open, warnings } = await startServer({ maxBacklogBytesTotal: 1_000_000 });
    onConnection(server, async (socket) => {
      for await (const _data of socket.receiver('x')) await new Promise(() => {});
    });
    const [heavy, light] = [await open(), await open()];
    light.transmit('x', 'x'.repeat(100_000));
    light.transmit('x', 'x'.repeat(100_000));
    await light.settled();
    for (let n = 0; n < 12; n++) heavy.transmit('x', 'x'.repeat(100_000));
    expect((await heavy.whenClosed()).code).toBe(1008);
    expect(warnings.map(String)).toContainEqual(
      expect.stringMatching(/The longest backlog, of socket [\w-]{20} \(\d+ messages/),
    );
    await light.settled();
    await until('its backlog is gone', () => server.stats().backlogBytes < 250_000);
  });
});

describe('events of the server', () => {
  /** Messages that are no packets cause warnings as fast as a client can send. */
  const garbage = '{"event":"#publish","data":5}';

  it('hold up the client that causes them while a loop lags', async () => {
    const { server, open } = await startServer({ eventHighWaterMark: 100 });
    const slow = server.listener('warning').createConsumer();
    const [flooder, bystander] = [await open(), await open()];
    const [socket] = Object.values(server.clients);
    for (let n = 0; n < 5_000; n++) flooder.send(garbage);
    await until('it is not read from', () => socket!.stats().isReadingPaused);
    for (let turn = 0; turn < 5; turn++) await bystander.settled();
    // The warning about the loop itself is among them.
    expect(slow.getBackpressure()).toBeLessThanOrEqual(102);
    for (let n = 0; n < 5_000; n++) await slow.next();
    await flooder.settled();
    expect(socket!.stats().isReadingPaused).toBe(false);
  });

  it('hold nobody up for a loop that has read nothing for 10 s', async () => {
    const { server, open } = await startServer({ eventHighWaterMark: 100 });
    stopTime();
    server.listener('warning').createConsumer();
    const client = await open();
    const [socket] = Object.values(server.clients);
    for (let n = 0; n < 500; n++) client.send(garbage);
    await until('it is not read from', () => socket!.stats().isReadingPaused);
    await pass(9_999);
    expect(socket!.stats().isReadingPaused).toBe(true);
    await pass(1);
    await client.settled();
    expect(server.getListenerBackpressure('warning')).toBeGreaterThanOrEqual(500);
  });

  it('refuse clients with 503 while a loop over connections lags', async () => {
    const { server, connect, open } = await startServer({ eventHighWaterMark: 3 });
    const slow = server.listener('connection').createConsumer();
    for (let n = 0; n < 3; n++) await open();
    const refused = connect();
    expect(await refused.whenClosed()).toMatchObject({ code: 1006 });
    expect(server.stats().limits.eventHighWaterMark).toBeGreaterThan(0);
    for (let n = 0; n < 3; n++) await slow.next();
    await open();
  });

  it('end a loop that never reads on at maxBacklogBytesTotal, and the server goes on', async () => {
    const { server, open, warnings } = await startServer({
      maxBacklogBytesTotal: 1_000_000,
    });
    stopTime();
    const forgotten = server.listener('connection').createConsumer();
    let connections = 0;
    // Many at once hold new clients up, until it shows that nobody reads.
    while (server.stats().limits.eventHighWaterMark === 0) {
      expect(connections++).toBeLessThan(200);
      (await open()).terminate();
    }
    await pass(10_000);
    while (server.stats().limits.maxBacklogBytesTotal === 0) {
      expect(connections++).toBeLessThan(200);
      (await open()).terminate();
    }
    expect(warnings.map(String)).toContainEqual(
      expect.stringContaining('a loop over the server event connection'),
    );
    expect((await rejection(forgotten.next())).name).toBe('BacklogLimitError');
    await open();
  });
});

it('a socket whose loop hangs is named in a warning, once', async () => {
  const { server, open, warnings } = await startServer({ inboundHighWaterMark: 10 });
  stopTime();
  const client = await open();
  const [socket] = Object.values(server.clients);
  const hung = socket!.receiver('x').createConsumer();
  for (let n = 0; n < 20; n++) client.transmit('x', n);
  await until('it is not read from', () => socket!.stats().isReadingPaused);
  await pass(5_000);
  await hung.next();
  await pass(5_000);
  expect(warnings).toEqual([]);
  await pass(10_000);
  await pass(30_000);
  expect(warnings.map(String)).toEqual([
    expect.stringMatching(
      /Nothing of the \d+ messages that wait for loops and handlers of socket [\w-]{20} was consumed for 10 s/,
    ),
  ]);
});

describe('taps', () => {
  it('a loop beside the inbound middleware that lags stops the reading', async () => {
    const { server, open } = await startServer({ inboundHighWaterMark: 50 });
    server.setMiddleware('inbound', async (stream) => {
      for await (const action of stream) action.allow();
    });
    const client = await open();
    client.transmit('x', 'first');
    await client.settled();
    const [socket] = Object.values(server.clients);
    const beside = socket!.middlewareInboundStream!.createConsumer();
    for (let n = 0; n < 200; n++) client.transmit('x', n);
    await until('it is not read from', () => socket!.stats().isReadingPaused);
    for (let n = 0; n < 200; n++) expect((await beside.next()).value.data).toBe(n);
    await until('it is read from', () => !socket!.stats().isReadingPaused);
  });

  it('a forgotten loop beside the outbound middleware ends at maxBacklogBytesTotal', async () => {
    const { server, open } = await startServer({ maxBacklogBytesTotal: 1_000_000 });
    server.setMiddleware('outbound', async (stream) => {
      for await (const action of stream) action.allow();
    });
    const client = await open();
    await client.subscribe('news');
    await server.exchange.transmitPublish('news', 'first');
    await client.settled();
    const [socket] = Object.values(server.clients);
    const beside = socket!.middlewareOutboundStream!.createConsumer();
    for (let n = 0; server.stats().limits.maxBacklogBytesTotal === 0; n++) {
      expect(n).toBeLessThan(200);
      await server.exchange.transmitPublish('news', 'x'.repeat(10_000));
      await client.settled();
    }
    expect((await rejection(beside.next())).name).toBe('BacklogLimitError');
  });

  it('a loop over inboundMessageStream that lags stops the reading', async () => {
    const { server, open } = await startServer({ inboundHighWaterMark: 50 });
    const client = await open();
    const [socket] = Object.values(server.clients);
    const tap = socket!.inboundMessageStream.createConsumer();
    const text = 'x'.repeat(10_000);
    for (let n = 0; n < 500; n++) client.transmit('x', text);
    await until('it is not read from', () => socket!.stats().isReadingPaused);
    expect(socket!.stats().unconsumedMessages).toBeLessThan(100);
    for (let n = 0; n < 500; n++) await tap.next();
    await until('it is read from', () => !socket!.stats().isReadingPaused);
  });

  it('a forgotten loop over outboundPacketStream ends at maxBacklogBytesTotal', async () => {
    const { server, open } = await startServer({ maxBacklogBytesTotal: 1_000_000 });
    const client = await open();
    await client.subscribe('news');
    const [socket] = Object.values(server.clients);
    const tap = socket!.outboundPacketStream.createConsumer();
    for (let n = 0; server.stats().limits.maxBacklogBytesTotal === 0; n++) {
      expect(n).toBeLessThan(200);
      await server.exchange.transmitPublish('news', 'x'.repeat(10_000));
      await client.settled();
    }
    expect((await rejection(tap.next())).name).toBe('BacklogLimitError');
    expect(server.stats().backlogBytes).toBe(0);
  });

  it('a loop over the broker events that lags holds up the clients that publish', async () => {
    const { server, open } = await startServer({ eventHighWaterMark: 100 });
    const slow = server.brokerEngine.listener('publish').createConsumer();
    const client = await open();
    for (let n = 0; n < 1_000; n++) client.transmit('#publish', { channel: 'news', data: n });
    const [socket] = Object.values(server.clients);
    await until('it is not read from', () => socket!.stats().isReadingPaused);
    expect(slow.getBackpressure()).toBe(100);
    for (let n = 0; n < 1_000; n++) expect((await slow.next()).value.data).toBe(n);
    await client.settled();
  });
});
