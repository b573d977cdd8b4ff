import { nextEvent } from '@asyngular/test-utils/event';
import { FrameClient } from '@asyngular/test-utils/frame-client';
import { rejection, within } from '@asyngular/test-utils/wait';
import { expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { AGServer } from '../src/index.js';
import { onCleanup, until } from './support/server.js';
import { startUws } from './support/uws-server.js';

// Upgrades that are not completed within the callback that uWebSockets.js makes for their request.

/** More than are completed in one turn. */
const CROWD = 60;

/**
 * Fills the memory that uWebSockets.js gives back while it upgrades in a later turn, with the bits for which
 * it would take the WebSocket for an answered request and close it. Such memory is as large on Linux.
 */
function litterWhileOpening(server: AGServer<unknown>): void {
  const litter: Buffer[] = [];
  let lastId = 0;
  server.generateId = () => {
    for (let i = 0; i < 8; i++) litter.push(Buffer.allocUnsafeSlow(88).fill(0x10));
    return `socket ${++lastId}`;
  };
}

async function expectAllToStay(server: AGServer<unknown>, url: string): Promise<void> {
  const clients = Array.from({ length: CROWD }, () => new FrameClient(url));
  onCleanup(() => {
    for (const { socket } of clients) socket.destroy();
  });
  await Promise.all(clients.map((client) => client.handshake()));
  expect(server.clientsCount).toBe(CROWD);
  expect(clients.filter(({ isEnded }) => isEnded)).toEqual([]);
}

it('a crowd of upgrades over several turns is open afterwards, whatever uses memory meanwhile', async () => {
  const { server, url, warnings } = await startUws();
  litterWhileOpening(server);
  await expectAllToStay(server, url);
  expect(warnings).toEqual([]);
});

it('so are those that handshake middleware takes its time over', async () => {
  const { server, url, warnings } = await startUws();
  litterWhileOpening(server);
  server.setMiddleware('handshake', async (actions) => {
    for await (const action of actions) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      action.allow();
    }
  });
  await expectAllToStay(server, url);
  expect(warnings).toEqual([]);
});

it('an HTTP request lets a waiting handshake in, and both are answered', async () => {
  const { server, url, port } = await startUws();
  let admit: () => void = () => {};
  const isAdmitted = new Promise<void>((resolve) => {
    admit = resolve;
  });
  let waiting = 0;
  server.setMiddleware('handshake', async (actions) => {
    for await (const action of actions) {
      waiting++;
      await isAdmitted;
      action.allow();
    }
  });
  server.wsServer.get('/admit', (response: { end(body: string): void }) => {
    admit();
    response.end('admitted');
  });
  const client = new FrameClient(url);
  onCleanup(() => client.socket.destroy());
  await until('the handshake waits', () => waiting === 1);
  const ask = async () => {
    const answer = await within('the answer', fetch(`http://127.0.0.1:${port}/admit`));
    return within('its body', answer.text());
  };
  expect(await ask()).toBe('admitted');
  await client.handshake();
  // uWebSockets.js ends the process when it is entered in the wrong place, at the next request.
  expect(await ask()).toBe('admitted');
  expect(server.clientsCount).toBe(1);
});

it('a protocol function that throws ends the connection with a warning, and no other', async () => {
  const fault = new Error('no protocols today');
  const { server, url, warnings, open } = await startUws({
    handleProtocols: () => {
      throw fault;
    },
  });
  const refused = new WebSocket(url, 'any');
  const failure = await rejection(nextEvent(refused, 'open'), 'the end of the upgrade');
  expect(failure.message).toBe('socket hang up');
  expect(warnings).toEqual([fault]);
  expect(server.stats().pendingHandshakes).toBe(0);
  await (await open()).settled();
});
