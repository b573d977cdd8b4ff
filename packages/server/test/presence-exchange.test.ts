import type { PresenceChange } from '@asyngular/channels';
import { describe, expect, it } from 'vitest';
import type { AGServerSocket } from '../src/index.js';
import { join, openPresent, untilSeen } from './support/presence-client.js';
import { collect, startServer, until } from './support/server.js';
import { sign } from './support/tokens.js';

const options = {
  userId: (socket: AGServerSocket) => socket.authToken?.sub,
  channels: { 'room:*': { presence: true }, 'live:*': { presence: 'count' as const } },
};

/** A change in short. */
function brief(change: PresenceChange): unknown[] {
  if (change.type === 'sync') return ['sync', [...change.members.keys()], change.count];
  if (change.type === 'count') return ['count', change.count];
  return [change.type, change.member.key, change.member.state];
}

describe('server.presence()', () => {
  it('shows who is in a channel, and what changes', async () => {
    const { server, ...context } = await startServer(options);
    const { client } = await openPresent(context, { authToken: sign({ sub: 'ada' }) });
    await join(client, 'room:1', { state: 1 });
    const room = server.presence('room:1');
    expect(server.exchange.presence('room:1')).toBe(room);
    expect(room.name).toBe('room:1');
    const changes = collect(room.changes(), brief);
    await until('ada', () => room.members.has('ada'));
    expect(room.members.get('ada')).toEqual({
      key: 'ada',
      userId: 'ada',
      state: 1,
      joinedAt: expect.any(Number),
      connections: 1,
    });
    const before = room.members;
    await client.request('#presence', { channel: 'room:1', update: 2 });
    await until('an update', () => changes.length === 2);
    expect(room.members).not.toBe(before);
    expect(before.get('ada')?.state).toBe(1);
    await client.request('#unsubscribe', 'room:1');
    await until('the end', () => changes.length === 3);
    expect(changes).toEqual([
      ['sync', ['ada'], 1],
      ['update', 'ada', 2],
      ['leave', 'ada', 2],
    ]);
    expect(room.count).toBe(0);
  });

  it('begins each loop with everybody', async () => {
    const { server } = await startServer(options);
    const room = server.presence('room:1');
    room.enter('bot', 1);
    const first = collect(room.changes(), brief);
    await until('the first', () => room.count === 1 && first.length > 0);
    expect(collect(room.changes(), brief)).toBeDefined();
    const second = collect(room.changes(), brief);
    await until('the second', () => second.length === 1);
    expect(second).toEqual([['sync', ['bot'], 1]]);
  });

  it('enters members without a socket, who are seen by all', async () => {
    const { server, ...context } = await startServer(options);
    const { client } = await openPresent(context);
    await join(client, 'room:1', { watch: true });
    const bot = server.presence('room:1').enter('bot', { mood: 'good', job: 'help' });
    expect([bot.key, bot.state, bot.isHere]).toEqual(['bot', { mood: 'good', job: 'help' }, true]);
    await untilSeen(client, 'room:1', { bot: { mood: 'good', job: 'help' } });
    bot.update({ mood: 'bad' });
    await untilSeen(client, 'room:1', { bot: { mood: 'bad', job: 'help' } });
    const again = server.presence('room:1').enter('bot', { mood: 'new' });
    await untilSeen(client, 'room:1', { bot: { mood: 'new' } });
    expect(again.isHere).toBe(true);
    bot.leave();
    bot.leave();
    again.leave();
    await untilSeen(client, 'room:1', {});
    expect(bot.isHere).toBe(false);
  });

  it('makes a bot with a user id one more connection of that user', async () => {
    const { server, ...context } = await startServer(options);
    const { client } = await openPresent(context, { authToken: sign({ sub: 'ada' }) });
    await join(client, 'room:1', { state: 1, watch: true });
    const room = server.presence('room:1');
    room.enter('ada', 2);
    await untilSeen(client, 'room:1', { ada: 2 });
    await until('two connections', () => room.members.get('ada')?.connections === 2);
  });

  it('counts where only that is shown', async () => {
    const { server, ...context } = await startServer(options);
    const room = server.presence('live:1');
    const changes = collect(room.changes(), brief);
    await until('a sync', () => changes.length === 1);
    const { client } = await openPresent(context);
    await join(client, 'live:1', { state: 1 });
    await until('one', () => room.count === 1);
    expect(room.members.size).toBe(0);
    expect(changes).toEqual([
      ['sync', [], 0],
      ['count', 1],
    ]);
  });

  it('stops to watch with close(), ends its loops, and leaves those whom it has entered', async () => {
    const { server } = await startServer(options);
    const room = server.presence('room:1');
    room.enter('bot', 1);
    expect(server.stats().presence?.watched).toBe(0);
    const changes: unknown[] = [];
    const loop = (async () => {
      for await (const change of room.changes()) changes.push(brief(change));
    })();
    await until('bot', () => room.members.has('bot'));
    expect(server.stats().presence?.watched).toBe(1);
    room.close();
    await loop;
    expect(server.stats().presence).toMatchObject({ members: 1 });
    const again = server.presence('room:1');
    expect(again).not.toBe(room);
    await until('bot again', () => again.members.has('bot'));
  });

  it('ends with the server', async () => {
    const { server } = await startServer(options);
    const loop = (async () => {
      for await (const _ of server.presence('room:1').changes());
    })();
    await until('a watch', () => server.stats().presence?.watched === 1);
    await server.close();
    await loop;
  });

  it('refuses what cannot be', async () => {
    const { server } = await startServer({ ...options, maxPresenceBytes: 10 });
    expect(() => server.presence('plain')).toThrow('The plain channel has no presence');
    expect(() => server.presence(5 as never)).toThrow();
    expect(() => server.presence('#fleet:all')).toThrow('is reserved');
    const room = server.presence('room:1');
    expect(() => room.enter('', 1)).toThrow('The key of a member is a text of 0 characters');
    expect(() => room.enter('bot', 'x'.repeat(20))).toThrow('takes 22 bytes; the maxPresenceBytes');
    expect(() => room.enter('bot', undefined)).toThrow('has no encoding');
    const bot = room.enter('bot', { a: 1 });
    expect(() => bot.update({ b: 'x'.repeat(20) })).toThrow('maxPresenceBytes');
    expect(bot.state).toEqual({ a: 1 });
    const { server: without } = await startServer();
    expect(() => without.exchange.presence('room:1')).toThrow('has no presence');
  });
});
