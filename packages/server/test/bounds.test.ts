import { pass, stopTime } from '@asyngular/test-utils/clock';
import { within } from '@asyngular/test-utils/wait';
import { describe, expect, it } from 'vitest';
import { onConnection, startServer, until } from './support/server.js';

describe('bounds', () => {
  it('P9.8 closes a socket that does not read with 4011, and others get everything', async () => {
    const { server, open, warnings } = await startServer({
      outboundHighWaterMark: 64 * 1024,
      outboundLimit: 512 * 1024,
    });
    const stalled = await open();
    const reader = await open();
    await stalled.subscribe('c');
    await reader.subscribe('c');
    const [stalledSocket] = Object.values(server.clients);
    stalled.ws.pause();
    const closed = within('the disconnect', stalledSocket!.listener('disconnect').once());
    let published = 0;
    let highest = 0;
    while (stalledSocket!.state === 'open' && published < 2_000) {
      await server.exchange.transmitPublish('c', 'x'.repeat(64 * 1024));
      published++;
      highest = Math.max(highest, stalledSocket!.bufferedBytes);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await closed).code).toBe(4011);
    expect(highest).toBeLessThanOrEqual(512 * 1024 + 70_000);
    expect(warnings.some((warning: any) => warning.code === 4011)).toBe(true);
    expect(server.stats().limits).toMatchObject({ outboundLimit: 1, outboundHighWaterMark: 1 });
    expect(server.stats()).toMatchObject({ bufferedBytes: 0, stalledSockets: 0 });
    await reader.settled();
    expect(reader.received.filter(({ event }) => event === '#publish')).toHaveLength(published);
  });

  it('drop-newest keeps the socket and drops publications above the mark, nothing else', async () => {
    const { server, open } = await startServer({
      outboundHighWaterMark: 64 * 1024,
      outboundLimit: 16 * 1024 * 1024,
      overflowPolicy: (channel) => (channel === 'lossy' ? 'drop-newest' : 'disconnect'),
    });
    const client = await open();
    await client.subscribe('lossy');
    const [socket] = Object.values(server.clients);
    client.ws.pause();
    let count = 0;
    // The kernel takes some megabytes before the socket counts as stalled.
    while (socket!.bufferedBytes < 64 * 1024 && count < 2_000) {
      count++;
      await server.exchange.transmitPublish('lossy', 'x'.repeat(64 * 1024));
      await new Promise((resolve) => setImmediate(resolve));
    }
    const before = socket!.bufferedBytes;
    for (let i = 0; i < 50; i++)
      await server.exchange.transmitPublish('lossy', 'y'.repeat(64 * 1024));
    expect(socket!.bufferedBytes).toBeLessThan(before + 3 * 64 * 1024);
    socket!.transmit('kept', 1);
    client.ws.resume();
    await client.nextEvent('kept');
    expect(socket!.state).toBe('open');
  });

  it.each(['drop-oldest', 'latest'] as const)(
    '%s keeps the newest publications',
    async (policy) => {
      const { server, open } = await startServer({
        outboundHighWaterMark: 256 * 1024,
        overflowPolicy: { 'lossy:*': policy },
      });
      const client = await open();
      await client.subscribe('lossy:a');
      await client.subscribe('lossy:b');
      const [socket] = Object.values(server.clients);
      client.ws.pause();
      const text = 'x'.repeat(16 * 1024);
      let count = 0;
      while (socket!.stats().droppedPublications < 200) {
        await server.exchange.transmitPublish('lossy:a', `${++count} ${text}`);
        if (count % 100 === 0) await server.exchange.transmitPublish('lossy:b', `${count} ${text}`);
        if (count % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
        expect(socket!.bufferedBytes).toBeLessThan(400 * 1024);
      }
      client.ws.resume();
      await client.next('the newest', (packet) => packet?.data?.data?.startsWith?.(`${count} `));
      await client.settled();
      const received = client.received
        .filter(({ event, data }) => event === '#publish' && data.channel === 'lossy:a')
        .map(({ data }) => Number.parseInt(data.data, 10));
      expect(received).toEqual(received.toSorted((a, b) => a - b));
      expect(received.length).toBe(
        count - socket!.stats().droppedPublications + dropsOf('lossy:b'),
      );
      expect(server.stats().limits.overflowPolicy).toBe(socket!.stats().droppedPublications);

      /** Publications of the other channel that did not arrive. */
      function dropsOf(channel: string): number {
        const arrived = client.received.filter(({ data }) => data?.channel === channel).length;
        return Math.floor(count / 100) - arrived;
      }
    },
  );

  it('above the budget of all sockets, those with the most are closed', async () => {
    const { server, open } = await startServer({ maxBufferedBytesTotal: 3 * 1024 * 1024 });
    const [light, heavy, reader] = [await open(), await open(), await open()];
    const [lightSocket, heavySocket] = Object.values(server.clients);
    await reader.subscribe('c');
    for (const client of [light, heavy]) client.ws.pause();
    const fill = async (socket: typeof lightSocket, bytes: number) => {
      while (socket!.state === 'open' && socket!.bufferedBytes < bytes) {
        socket!.transmit('x', 'x'.repeat(64 * 1024));
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    await fill(lightSocket, 1024 * 1024);
    await fill(heavySocket, 8 * 1024 * 1024);
    expect([lightSocket!.state, heavySocket!.state]).toEqual(['open', 'closed']);
    expect(server.stats().limits).toMatchObject({ maxBufferedBytesTotal: 1, outboundLimit: 0 });
    expect(server.stats().bufferedBytes).toBeLessThan(2 * 1024 * 1024);
    await reader.settled();
    light.ws.resume();
    await light.settled();
  });

  it('does not judge a client by its silence while the application lags', async () => {
    const { server, open } = await startServer({
      inboundHighWaterMark: 10,
      pingInterval: 20,
      pingTimeout: 80,
    });
    stopTime();
    let release: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    onConnection(server, async (socket) => {
      for await (const _data of socket.receiver('x')) await gate;
    });
    const client = await open();
    const [socket] = Object.values(server.clients);
    for (let i = 0; i < 50; i++) client.transmit('x', i);
    await until('reading is paused', () => socket!.stats().isReadingPaused);
    const passAndLook = async (ms: number) => {
      for (let passed = 0; passed < ms; passed += 20) {
        await pass(20);
        // A verdict follows after the sockets have been read once more.
        await new Promise((resolve) => setImmediate(resolve));
        expect(socket!.state).toBe('open');
      }
    };
    await passAndLook(320);
    release();
    await client.settled();
    expect(socket!.stats().isReadingPaused).toBe(false);
    await passAndLook(60);
    await client.settled();
    await passAndLook(60);
    expect(server.stats().limits.inboundHighWaterMark).toBeGreaterThan(0);
  });

  it('a long batch gives way to other sockets', async () => {
    const { server, open } = await startServer({ maxBatchPacketsPerTurn: 100 });
    const order: string[] = [];
    server.handleTransmit('x', (data) => order.push(`x${data}`), { concurrency: 'parallel' });
    server.handleTransmit('y', () => order.push('y'));
    const [one, two] = [await open(), await open()];
    one.send([...Array(5_000)].map((_, i) => ({ event: 'x', data: i })));
    await until('the batch has begun', () => order.length > 0);
    two.transmit('y');
    await one.settled();
    await two.settled();
    expect(order.filter((entry) => entry !== 'y')).toEqual(
      [...Array(5_000)].map((_, i) => `x${i}`),
    );
    expect(order.indexOf('y')).toBeLessThan(5_000);
  });

  it('stops reading while a backlog is unconsumed, and resumes at half; nothing is lost', async () => {
    const { server, open } = await startServer({ inboundHighWaterMark: 100 });
    let release: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const got: unknown[] = [];
    onConnection(server, async (socket) => {
      for await (const data of socket.receiver('x')) {
        await gate;
        got.push(data);
      }
    });
    const client = await open();
    const other = await open();
    const [socket] = Object.values(server.clients);
    for (let i = 0; i < 20_000; i++) client.transmit('x', `${i} ${'y'.repeat(100)}`);
    await until('the backlog is at its mark', () => socket!.stats().unconsumedMessages >= 100);
    for (let turn = 0; turn < 10; turn++) await other.settled();
    // One chunk of the network may be under way when reading pauses.
    expect(socket!.stats().unconsumedMessages).toBeLessThan(2_000);
    release();
    await client.settled();
    await until('all are handled', () => got.length === 20_000);
    expect(got[19_999]).toMatch(/^19999 /);
    expect(socket!.stats()).toMatchObject({ unconsumedMessages: 0, unconsumedBytes: 0 });
  });
});
