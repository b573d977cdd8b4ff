import { connect } from 'node:net';
import { clientFrame, FrameClient } from '@asyngular/test-utils/frame-client';
import { describe, expect, it } from 'vitest';
import { cpuNow } from '../src/turns/shared-time.js';
import { startServer, until } from './support/server.js';

/** The most that `count()` grew by in one turn of the event loop, until `isOver()`. */
async function largestStep(count: () => number, isOver: () => boolean): Promise<number> {
  let largest = 0;
  for (let before = count(); !isOver(); ) {
    await new Promise((resolve) => setImmediate(resolve));
    largest = Math.max(largest, count() - before);
    before = count();
  }
  return largest;
}

it.each([
  ['raw messages', 'hello'],
  ['transmits', '{"event":"x"}'],
  ['mistakes', '{"event":"#unsubscribe","data":"x"}'],
])('a flood of %s leaves the others their turns', async (_what, text) => {
  const { server, url, open } = await startServer();
  server.handle('echo', (data) => data);
  const bystander = await open();
  const flooder = new FrameClient(url);
  await flooder.handshake();
  const [, socket] = Object.values(server.clients);
  const frames = 40_000;
  flooder.socket.write(Buffer.concat(Array(frames).fill(clientFrame(0x81, text))));
  const processed = () => socket!.inboundProcessedMessageCount - 1;
  const answers: number[] = [];
  const ask = async () => {
    while (processed() < frames) {
      await bystander.request('echo');
      answers.push(processed());
    }
  };
  const asked = ask();
  // Twice the frames of one turn: some are left over from the one before.
  expect(await largestStep(processed, () => processed() === frames)).toBeLessThanOrEqual(512);
  await asked;
  expect(answers.filter((count) => count < frames).length).toBeGreaterThan(10);
  expect(socket!.getInboundBackpressure()).toBe(0);
  flooder.socket.destroy();
});

it('a flood of batches leaves the others their turns', async () => {
  const { server, url } = await startServer();
  let count = 0;
  server.handleTransmit('x', () => count++, { concurrency: 'parallel' });
  const flooder = new FrameClient(url);
  await flooder.handshake();
  const batch = clientFrame(0x81, JSON.stringify(Array(250).fill({ event: 'x' })));
  flooder.socket.write(Buffer.concat(Array(400).fill(batch)));
  const step = await largestStep(
    () => count,
    () => count === 100_000,
  );
  expect(step).toBeLessThanOrEqual(1_000);
  flooder.socket.destroy();
});

describe('floods by many share their turns', () => {
  const flooders = 20;

  /** Each sends a message that often; the largest number of packets that were handled in one turn. */
  async function flood(message: Buffer, times: number, packets: number): Promise<number> {
    const { server, url } = await startServer({ maxBatchTimePerTurn: 20 });
    let count = 0;
    // By the CPU time, as the server counts it: a busy machine takes the process away in between.
    const takeTime = () => {
      const end = cpuNow() + 0.08;
      while (cpuNow() < end);
      count++;
    };
    server.handleTransmit('x', takeTime, { concurrency: 'parallel' });
    const clients = Array.from({ length: flooders }, () => new FrameClient(url));
    for (const client of clients) await client.handshake();
    for (const client of clients) client.socket.write(Buffer.concat(Array(times).fill(message)));
    const step = await largestStep(
      () => count,
      () => count === flooders * packets,
    );
    for (const client of clients) client.socket.destroy();
    return step;
  }

  // With a time of its own each would have 250 in a turn. Now one of them has, or two where the turn begins anew for
  // those who waited, and each of the others has what it gets before the time is checked.
  it('of batches', async () => {
    const batch = clientFrame(0x81, JSON.stringify(Array(300).fill({ event: 'x' })));
    expect(await flood(batch, 1, 300)).toBeLessThanOrEqual(2 * 256 + 64 * flooders);
  });

  it('of messages', async () => {
    const message = clientFrame(0x81, '{"event":"x"}');
    expect(await flood(message, 300, 300)).toBeLessThanOrEqual(2 * 256 + 2 * 32 * flooders);
  });
});

it('a batch whose packets are awaited one by one leaves the others their turns', async () => {
  const { server, url } = await startServer({ maxBatchPacketsPerTurn: 100 });
  const failures = { count: 0 };
  server.auth.verifyToken = async () => {
    failures.count++;
    throw new Error('no such token');
  };
  const flooder = new FrameClient(url);
  await flooder.handshake();
  const batch = Array.from({ length: 5_000 }, (_, index) => ({
    event: '#authenticate',
    data: 'a.b.c',
    cid: index + 2,
  }));
  flooder.socket.write(clientFrame(0x81, JSON.stringify(batch)));
  const count = () => failures.count;
  expect(await largestStep(count, () => count() === 5_000)).toBeLessThanOrEqual(200);
  flooder.socket.destroy();
});

it('a flood behind middleware is handled in order, in turns', async () => {
  const { server, url } = await startServer();
  server.setMiddleware('inbound', async (stream) => {
    for await (const action of stream) action.allow();
  });
  const received: number[] = [];
  server.handleTransmit('n', (data) => {
    received.push(data);
  });
  const flooder = new FrameClient(url);
  await flooder.handshake();
  const frames = Array.from({ length: 5_000 }, (_, n) =>
    clientFrame(0x81, JSON.stringify({ event: 'n', data: n })),
  );
  flooder.socket.write(Buffer.concat(frames));
  const count = () => received.length;
  expect(await largestStep(count, () => count() === 5_000)).toBeLessThanOrEqual(512);
  expect(received).toEqual(Array.from({ length: 5_000 }, (_, n) => n));
  flooder.socket.destroy();
  await until('it has gone', () => server.clientsCount === 0);
});

it('a crowd of upgrades is let in a few at a time, all of it', async () => {
  const { server, url } = await startServer();
  const { hostname, port, pathname } = new URL(url);
  let accepted = 0;
  server.httpServer!.on('connection', () => accepted++);
  const sockets = Array.from({ length: 200 }, () => connect(Number(port), hostname));
  await until('all are connected', () => accepted === 200);
  const upgrade =
    `GET ${pathname} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
    'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
  for (const socket of sockets) socket.write(upgrade);
  const pending = () => server.pendingClientsCount;
  // As many as a turn has time for, and those left over from the one before.
  expect(await largestStep(pending, () => pending() === 200)).toBeLessThanOrEqual(100);
  expect(server.stats().pendingHandshakes).toBe(200);
  for (const socket of sockets) socket.destroy();
  await until('they have gone', () => server.stats().pendingHandshakes === 0);
});
