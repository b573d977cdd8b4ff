import { connect, type Socket } from 'node:net';
import { clientFrame } from '@asyngular/test-utils/frame-client';
import { show } from '@asyngular/test-utils/wait';
import { expect, it } from 'vitest';
import { heldBytes } from './support/heap.js';
import { collect, onConnection, startServer, until } from './support/server.js';

const upgrade =
  'GET /asyngular/ HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
const conversation = Buffer.concat(
  [
    '{"event":"#handshake","data":{"authToken":null},"cid":1}',
    '{"event":"#subscribe","data":{"channel":"c"},"cid":2}',
    '{"event":"note","data":"hello"}',
    '{"event":"echo","data":"hello","cid":3}',
  ].map((text) => clientFrame(0x81, text)),
);

/** Far longer than an answer takes, also on a busy machine. */
const SILENCE_MS = 30_000;

/**
 * The lightest client there is: connects, subscribes, sends, calls, and has the answer. It rejects with
 * what both sides saw when its connection ends, fails or says nothing for long instead.
 */
function visit(port: number, seenByServer: () => unknown): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let received = '';
    let isUpgraded = false;
    let isAnswered = false;
    const fail = (what: string) => {
      if (isAnswered) return;
      reject(
        new Error(`${what} before the answer; received ${show(received)}; ${show(seenByServer())}`),
      );
      socket.destroy();
    };
    socket.setTimeout(SILENCE_MS, () => fail(`nothing came for ${SILENCE_MS} ms`));
    socket.on('error', (error) => fail(`the connection failed (${error.message})`));
    socket.on('close', () => fail('the connection closed'));
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      if (!isUpgraded && received.includes('\r\n\r\n')) {
        isUpgraded = true;
        socket.write(conversation);
      }
      if (!received.includes('"rid":3')) return;
      isAnswered = true;
      resolve(socket);
    });
    socket.write(upgrade);
  });
}

it('7,500 connections that come and go leave the heap where it was', async () => {
  // Clients and server share a process: when the machine stalls it, they cannot be in time either.
  const { server, port, warnings } = await startServer({ handshakeTimeout: 100_000 });
  let notes = 0;
  server.handle('echo', (data) => data);
  onConnection(server, (socket) => {
    collect(socket.receiver('note'), () => notes++);
    collect(socket.listener('disconnect'));
  });
  const seen = () => ({ warnings: warnings.map(String), stats: server.stats() });
  const come = async (count: number) => {
    const sockets = await Promise.all(Array.from({ length: count }, () => visit(port, seen)));
    expect(server.clientsCount).toBe(count);
    await server.exchange.invokePublish('c', 'to all');
    // Half of them say nothing when they leave.
    for (const [index, socket] of sockets.entries()) {
      if (index % 2 === 0) socket.destroy();
      else socket.end(Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8]));
    }
    await until('all are gone', () => server.clientsCount === 0);
    for (const socket of sockets) socket.destroy();
    // An error keeps the call stack, and with it the sockets, of the place where it came about.
    warnings.length = 0;
  };
  const visits = 2_500;
  const comeAndMeasure = async () => {
    for (let round = 0; round < 10; round++) await come(visits / 10);
    return heldBytes();
  };
  // Code is compiled and pools are filled by the first ones, and sometimes later.
  const heap = [await comeAndMeasure(), await comeAndMeasure(), await comeAndMeasure()];
  const growth = heap.slice(1).map((bytes, index) => bytes - heap[index]!);
  expect(server.stats()).toMatchObject({ clients: 0, pendingClients: 0, channels: 0 });
  expect(Object.keys(server.clients)).toEqual([]);
  expect(Object.keys(server.pendingClients)).toEqual([]);
  expect(notes).toBe(3 * visits);
  // A leak grows every time: 200 bytes kept of each would show, and a socket that stays has some thousands.
  expect(Math.min(...growth), `growth: ${growth}`).toBeLessThan(visits * 100);
}, 120_000);
