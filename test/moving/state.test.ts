import { collect } from '@asyngular/test-utils/collect';
import { until, within } from '@asyngular/test-utils/wait';
import { describe, expect, it } from 'vitest';
import { startFleet } from './fleet.js';

describe('what a client is when its server leaves', () => {
  it('stays a member that nobody sees leave (P19.6)', async () => {
    const { old, next, route, connect } = await startFleet();
    const { socket } = await connect();
    await socket.subscribe('who:1', { presence: { name: 'ada' } }).subscribed();
    route(next);
    const watcher = await connect();
    const room = watcher.socket.subscribe('who:1');
    const told: string[] = [];
    collect(room.presence.changes(), ({ type }) => told.push(type));
    await until('the member', () => room.presence.members.size === 1);
    const key = socket.channel('who:1').presence.key;
    await within('the drain', old.drain({ spread: 0, timeout: 10_000 }));
    socket.channel('who:1').presence.update({ name: 'ada', word: 2 });
    await until('the update', () => told.includes('update'));
    expect(told).not.toContain('leave');
    expect(told).not.toContain('enter');
    expect([...room.presence.members.keys()]).toEqual([key]);
  });

  it('keeps its token, and one that it is given on the way counts on both servers (P19.7)', async () => {
    const { old, next, route, connect } = await startFleet();
    const { socket, events } = await connect();
    const authenticated = socket.listener('authenticate').once();
    await old.clients[socket.id!]!.setAuthToken({ sub: 'ada' });
    await within('the token', authenticated);
    events.length = 0;
    const former = old.clients[socket.id!]!;
    const migrated = socket.listener('migrated').once();
    route(next);
    const drained = old.drain({ spread: 0, timeout: 10_000 });
    await within('the move', migrated);
    await until('its token', () => next.clients[socket.id!]?.authToken?.sub === 'ada');
    await former.setAuthToken({ sub: 'grace' });
    await until('the new token', () => next.clients[socket.id!]?.authToken?.sub === 'grace');
    expect(socket.authToken?.sub).toBe('grace');
    await within('the drain', drained);
    expect(events).toEqual([]);
  });

  it('stays in channels that the application joins it to, and only in those (P19.8)', async () => {
    const { old, next, route, connect } = await startFleet({ client: { ackTimeout: 1_000 } });
    for (const server of [old, next]) {
      const name = server === old ? 'old' : 'next';
      collect(server.listener('connection'), ({ socket }) => {
        socket.joinChannel('both').catch(() => {});
        socket.joinChannel(`only ${name}`).catch(() => {});
      });
    }
    const { socket, events } = await connect();
    await until('the joins', () => socket.isSubscribed('only old') && socket.isSubscribed('both'));
    const got: unknown[] = collect(socket.channel('both'));
    events.length = 0;
    let sent = 0;
    const publisher = setInterval(() => next.exchange.transmitPublish('both', ++sent), 2);
    route(next);
    await within('the drain', old.drain({ spread: 0, timeout: 10_000 }));
    await until('what ends', () => !socket.isSubscribed('only old'));
    await until('the new one', () => socket.isSubscribed('only next'));
    clearInterval(publisher);
    await until('all', () => got.length >= sent);
    expect(got).toEqual([...Array(sent)].map((_, index) => index + 1));
    expect(events.filter((name) => name === 'unsubscribe')).toHaveLength(1);
  });

  it('is seen by the application as a connection, and a disconnection with 4012', async () => {
    const { old, next, route, connect } = await startFleet();
    const { socket } = await connect();
    const id = socket.id;
    const ended = old.listener('disconnection').once();
    const begun = next.listener('connection').once();
    route(next);
    await within('the drain', old.drain({ spread: 0, timeout: 10_000 }));
    expect(await within('the end', ended)).toMatchObject({
      code: 4012,
      reason: 'Moved to another server',
      socket: { id },
    });
    expect((await within('the begin', begun)).id).toBe(socket.id);
  });

  it('is never asked to move with autoReconnect off (P19.1)', async () => {
    const { old, route, next, connect } = await startFleet();
    const { socket } = await connect({ autoReconnect: false });
    const lost = socket.listener('disconnect').once();
    route(next);
    await within('the drain', old.drain({ spread: 0, timeout: 2_000 }));
    expect((await within('the close', lost)).code).toBe(1001);
    expect(next.clientsCount).toBe(0);
  });
});
