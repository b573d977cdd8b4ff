import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { onCleanup, startServer, until } from './support/server.js';
import { upgradeRequest } from './support/upgrade-request.js';

// Requests that come at once are read over turns of the event loop.

const PER_TURN = 64;

/** A connection that has sent nothing yet, and what it is answered. */
interface Visitor {
  readonly socket: Socket;
  answer: string;
}

/** A server and so many connections, which it has accepted, in that order. */
async function startWith(count: number) {
  const httpServer = createServer((_request, response) => response.end('a page'));
  const accepted: number[] = [];
  httpServer.on('connection', ({ remotePort }) => accepted.push(remotePort!));
  const { server, port } = await startServer({}, httpServer);
  const byPort = new Map<number, Visitor>();
  for (let i = 0; i < count; i++) {
    const socket = connect(port, '127.0.0.1');
    const visitor = { socket, answer: '' };
    socket.on('connect', () => byPort.set((socket.address() as AddressInfo).port, visitor));
    socket.on('data', (chunk) => {
      visitor.answer += chunk;
    });
    onCleanup(() => void socket.destroy());
  }
  await until(
    'all are connected',
    () => accepted.length === count && byPort.size === count,
    () => accepted.length,
  );
  return { httpServer, server, accepted, visitors: accepted.map((from) => byPort.get(from)!) };
}

async function allAnswered(visitors: readonly Visitor[], answer = 'HTTP/1.1 101 '): Promise<void> {
  await until(
    `all are answered with ${answer}`,
    () => visitors.every((visitor) => visitor.answer.startsWith(answer)),
    () => visitors.map((visitor) => visitor.answer.slice(0, 20)),
  );
}

it('reads so many in a turn, the oldest connections first', async () => {
  const { httpServer, accepted, visitors } = await startWith(300);
  const order: number[] = [];
  let inTurn = 0;
  let most = 0;
  httpServer.on('upgrade', ({ socket }) => {
    order.push(socket.remotePort!);
    most = Math.max(most, ++inTurn);
  });
  const newTurn = (): void => {
    inTurn = 0;
    if (order.length < visitors.length) setImmediate(newTurn);
  };
  newTurn();
  for (const { socket } of visitors) socket.write(upgradeRequest);
  await allAnswered(visitors);
  expect(most).toBeLessThanOrEqual(PER_TURN);
  // Those that are read in the same turn come in any order.
  const early = order.map((from, rank) => accepted.indexOf(from) - rank);
  expect(Math.max(...early)).toBeLessThan(PER_TURN);
});

it('waits for nobody who is silent or has gone', async () => {
  const { server, visitors } = await startWith(300);
  const eager = visitors.filter((_visitor, i) => i % 3 === 0);
  const silent = visitors.filter((_visitor, i) => i % 3 === 1);
  const gone = visitors.filter((_visitor, i) => i % 3 === 2);
  for (const { socket } of eager) socket.write(upgradeRequest);
  for (const { socket } of gone) socket.write(upgradeRequest, () => socket.destroy());
  await allAnswered(eager);
  for (const { socket } of silent) socket.write(upgradeRequest);
  await allAnswered(silent);
  await until(
    'only those who stayed are clients',
    () => server.pendingClientsCount === eager.length + silent.length,
    () => server.pendingClientsCount,
  );
});

it('serves the connections that waited when the server closes', async () => {
  const { httpServer, server, visitors } = await startWith(PER_TURN + 10);
  const early = visitors.slice(0, PER_TURN);
  const late = visitors.slice(PER_TURN);
  let upgrades = 0;
  let closed: Promise<void> | undefined;
  httpServer.on('upgrade', () => {
    if (++upgrades === PER_TURN) closed = server.close();
  });
  for (const { socket } of early) socket.write(upgradeRequest);
  for (const { socket } of late) socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await allAnswered(late, 'HTTP/1.1 200 ');
  await closed;
});
