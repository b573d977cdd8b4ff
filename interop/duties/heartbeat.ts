import { pause } from '@asyngular/test-utils/wait';
import { expect } from 'vitest';
import type { TestClient } from '../support/client.js';
import { duty } from '../support/duty.js';
import type { Stage } from '../support/stage.js';

const heartbeat = { 1: { ping: '#1', pong: '#2' }, 2: { ping: '', pong: '' } } as const;

/**
 * How long an end of a connection waits for signs of life, in milliseconds: longer than a busy machine makes the
 * other end late, or stops both.
 */
const patientMs = 3_000;

/** Both ends live on nothing but pings and pongs, for longer than either would wait. */
async function liveOnHeartbeats(stage: Stage, version: 1 | 2): Promise<void> {
  const { client, server } = await stage.connected({
    server: { pingInterval: 200, pingTimeout: patientMs, ...stage.speaking(version) },
    client: { protocolVersion: version },
  });
  const { ping, pong } = heartbeat[version];
  const pings = () => client.messages.filter((message) => message === ping).length;
  const pongs = () => server.sockets[0]!.messages.filter((text) => String(text) === pong).length;
  await stage.until('16 pongs', () => pongs() >= 16, pongs);
  expect(pings()).toBeGreaterThanOrEqual(16);
  expect(client.state).toBe('open');
  expect(client.of('raw').filter(({ message }) => message === ping)).toEqual([]);
  expect(server.of('disconnection')).toEqual([]);
}

/** A raw message, unless the connection is about to end: clients throw then. */
function sendIfOpen(client: TestClient): void {
  if (client.state !== 'open') return;
  try {
    client.send('here');
  } catch {}
}

/** P2: pings, pongs, and what happens without them. */
export const heartbeats = [
  duty('P2.1 P2.2 P2.3 P2.4', 'heartbeat of version 2', (stage) => liveOnHeartbeats(stage, 2)),

  duty('P2.1 P2.2 P11.2', 'heartbeat of version 1', (stage) => liveOnHeartbeats(stage, 1)),

  duty('P2.3 P11.1 P11.3', 'a client of the wrong version is closed with 4001', async (stage) => {
    const { client, server } = await stage.connected({
      server: {
        pingInterval: 40,
        pingTimeout: patientMs,
        protocolVersion: stage.pair.client.version === 1 ? 2 : 1,
      },
      client: { pingTimeoutDisabled: true },
    });
    expect(await server.event('disconnection')).toMatchObject({ code: 4001 });
    expect(await client.event('disconnect')).toMatchObject({ code: 4001 });
    expect(client.of('raw').length).toBeGreaterThan(0);
  }),

  duty('P2.3', 'messages are a sign of life to the server', async (stage) => {
    const { client, server } = await stage.connected({
      server: { pingInterval: 60_000, pingTimeout: patientMs },
      client: { pingTimeoutDisabled: true },
    });
    const chatter = setInterval(() => sendIfOpen(client), 20);
    await pause(patientMs + 500);
    clearInterval(chatter);
    expect(server.of('disconnection').map(({ code }) => code)).toEqual([]);
  }),

  duty('P2.4', 'only pings are a sign of life to the client', async (stage) => {
    // A published server without pings announces its limit all the same; ours would announce none.
    const { client, socket } = await stage.connected({
      server: stage.pair.server.isOurs
        ? { pingInterval: 60_000, pingTimeout: patientMs }
        : { pingTimeoutDisabled: true, pingTimeout: patientMs },
    });
    const chatter = setInterval(() => {
      sendIfOpen(client);
      if (socket.state === 'open') socket.transmit('here');
    }, 20);
    try {
      expect(await client.event('disconnect')).toMatchObject({ code: 4000 });
    } finally {
      clearInterval(chatter);
    }
  }),

  duty('P2.5 P2.6 P2.7', 'a server without pings keeps its clients', async (stage) => {
    const { client } = await stage.connected({
      server: { pingTimeoutDisabled: true, pingTimeout: 150, pingInterval: 40 },
    });
    await pause(450);
    expect(client.of('disconnect')).toEqual([]);
    expect(client.messages.filter((text) => text === '' || text === '#1')).toEqual([]);
  }),

  duty('P2.8', 'a client that is slow to load its token gets in', async (stage) => {
    const server = await stage.server({
      pingInterval: 30,
      ...stage.speaking(stage.pair.client.version),
    });
    const client = stage.client(server, { tokenDelayMs: 150 });
    await client.event('connect');
    expect(client.of('connectAbort')).toEqual([]);
  }),
];
