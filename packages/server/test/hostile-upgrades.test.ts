import { connect } from 'node:net';
import { recordFaults } from '@asyngular/test-utils/process-faults';
import { within } from '@asyngular/test-utils/wait';
import { expect, it } from 'vitest';
import { startServer, until } from './support/server.js';

function upgradeTo(path: string): string {
  return (
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
    'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'
  );
}

/** Sends an upgrade request and resets the connection before the answer. */
function askAndReset(port: number, path: string): Promise<void> {
  return within(
    'the end of the connection',
    new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.write(upgradeTo(path));
        socket.resetAndDestroy();
      });
      socket.on('error', () => {});
      socket.on('close', () => resolve());
    }),
  );
}

it('a verifyClient that takes its time does not escape the deadline', async () => {
  const wsEngineServerOptions = {
    verifyClient: (_info: unknown, callback: (isOk: boolean) => void) =>
      setTimeout(callback, 5, true),
  };
  const { server, connect: connectClient } = await startServer({
    wsEngineServerOptions,
    handshakeTimeout: 100,
  });
  const client = connectClient();
  await client.opened();
  expect(server.stats().pendingHandshakes).toBe(1);
  expect((await client.whenClosed()).code).toBe(4005);
  expect(server.stats()).toMatchObject({ pendingHandshakes: 0, pendingClients: 0 });
});

it('a verifyClient that refuses later leaves nothing behind', async () => {
  const wsEngineServerOptions = {
    verifyClient: (_info: unknown, callback: (isOk: boolean) => void) =>
      setTimeout(callback, 5, false),
  };
  const { server, connect: connectClient } = await startServer({ wsEngineServerOptions });
  expect((await connectClient().whenClosed()).code).toBe(1006);
  await until('its place is free', () => server.stats().pendingHandshakes === 0);
});

it.each(['/asyngular/', '/another/'])(
  'survives clients that reset an upgrade to %s',
  async (path) => {
    const faults = recordFaults();
    const { server, port, open } = await startServer();
    let closed = 0;
    server.httpServer!.on('connection', (socket) => socket.on('close', () => closed++));
    for (let i = 0; i < 20; i++) await askAndReset(port, path);
    await until('the server has seen them go', () => closed === 20);
    expect(faults).toEqual([]);
    await open();
    expect(server.clientsCount).toBe(1);
  },
);
