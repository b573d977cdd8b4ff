import { connect, type Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { collect, onConnection, startServer, until } from './support/server.js';

setFlagsFromString('--expose_gc');
const gc: () => void = runInNewContext('gc');

/** A text frame of a client: masked, with zeros (RFC 6455 §5.3), and shorter than 64 KiB. */
function clientFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  const header =
    payload.length < 126
      ? Buffer.from([0x81, 0x80 | payload.length])
      : Buffer.from([0x81, 0x80 | 126, payload.length >> 8, payload.length & 0xff]);
  return Buffer.concat([header, Buffer.alloc(4), payload]);
}

const upgrade =
  'GET /asyngular/ HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
const conversation = Buffer.concat(
  [
    '{"event":"#handshake","data":{"authToken":null},"cid":1}',
    '{"event":"#subscribe","data":{"channel":"c"},"cid":2}',
    '{"event":"note","data":"hello"}',
    '{"event":"echo","data":"hello","cid":3}',
  ].map(clientFrame),
);

/** The lightest client there is: connects, subscribes, sends, calls, and has the answer. */
function visit(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let received = '';
    let upgraded = false;
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      if (!upgraded && received.includes('\r\n\r\n')) {
        upgraded = true;
        socket.write(conversation);
      }
      if (received.includes('"rid":3')) resolve(socket);
    });
    socket.write(upgrade);
  });
}

function heapUsed(): number {
  gc();
  gc();
  return process.memoryUsage().heapUsed;
}

it('5,000 connections that come and go leave the heap where it was', async () => {
  const { server, port, warnings } = await startServer();
  let notes = 0;
  server.handle('echo', (data) => data);
  onConnection(server, (socket) => {
    collect(socket.receiver('note'), () => notes++);
    collect(socket.listener('disconnect'));
  });
  const come = async (count: number) => {
    const sockets = await Promise.all(Array.from({ length: count }, () => visit(port)));
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
  // Code is compiled and pools are filled by the first ones.
  for (let round = 0; round < 20; round++) await come(250);
  const before = heapUsed();
  for (let round = 0; round < 20; round++) await come(250);
  const grown = heapUsed() - before;
  expect(server.stats()).toMatchObject({ clients: 0, pendingClients: 0, channels: 0 });
  expect(Object.keys(server.clients)).toEqual([]);
  expect(Object.keys(server.pendingClients)).toEqual([]);
  expect(notes).toBe(10_000);
  // 100 bytes kept of each would show; a socket that stays has some thousands.
  expect(grown).toBeLessThan(5_000 * 100);
}, 60_000);
