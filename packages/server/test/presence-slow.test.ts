import { describe, expect, it } from 'vitest';
import { join, notices, openPresent, seen, untilSeen } from './support/presence-client.js';
import { startServer, until } from './support/server.js';

const KIB = 1_024;
const LIMIT = 1_024 * KIB;
const FILL = 'x'.repeat(64 * KIB);
const LARGE = 'x'.repeat(900);

/** A client that watches a channel, has stopped reading, and has been found out. */
async function startWithSlowWatcher() {
  const { server, ...context } = await startServer({
    channels: { 'room:*': { presence: true } },
    outboundHighWaterMark: 64 * KIB,
    outboundLimit: LIMIT,
  });
  const { client, id } = await openPresent(context);
  await join(client, 'room:1', { watch: true });
  await until('a sync', () => notices(client, 'room:1').length === 1);
  const socket = server.clients[id]!;
  client.ws.pause();
  // The kernel takes some megabytes before that.
  for (let sent = 0; server.stats().limits.outboundHighWaterMark === 0 && sent < 2_000; sent++) {
    socket.transmit('fill', FILL);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { ...context, server, client, socket, room: server.presence('room:1') };
}

describe('P15.12 a client that does not read', () => {
  it('gets the outcome of many changes when it reads again', async () => {
    const { client, socket, room, warnings } = await startWithSlowWatcher();
    const bots = Array.from({ length: 200 }, (_, n) => room.enter(`bot ${n}`, 0));
    const before = socket.bufferedBytes;
    for (let round = 1; round <= 20; round++) {
      for (const bot of bots) bot.update(round);
      await until('the round', () => room.members.get('bot 199')?.state === round);
    }
    bots[0]?.leave();
    await until('the end', () => room.count === 199);
    expect(socket.bufferedBytes).toBe(before);
    client.ws.resume();
    const expected = bots.slice(1).map(({ key }) => [key, 20]);
    await untilSeen(client, 'room:1', Object.fromEntries(expected));
    expect(notices(client, 'room:1').length).toBeLessThan(6);
    expect(warnings).toEqual([]);
  });

  it('is not closed by more members than may wait for it', async () => {
    const { client, server, socket, room, warnings } = await startWithSlowWatcher();
    const bots = Array.from({ length: 3_000 }, (_, n) => room.enter(`bot ${n}`, { n, LARGE }));
    await until('everybody', () => room.count === 3_000);
    client.ws.resume();
    await until('it to be slow no more', () => socket.bufferedBytes === 0);
    let most = 0;
    await until(
      'everybody at the client',
      () => {
        most = Math.max(most, socket.bufferedBytes);
        return Object.keys(seen(client, 'room:1')).length === 3_000;
      },
      () => ({ known: Object.keys(seen(client, 'room:1')).length, closed: client.closed }),
    );
    expect(most).toBeLessThan(LIMIT);
    bots[0]?.leave();
    await until('the one who left', () => !('bot 0' in seen(client, 'room:1')));
    expect(server.stats().limits.outboundLimit).toBe(0);
    expect(warnings).toEqual([]);
  });
});
