import { describe, expect, it } from 'vitest';
import { type AGServerSocket, PublicError } from '../src/index.js';
import { join, notices, openPresent, untilSeen } from './support/presence-client.js';
import { startServer, until } from './support/server.js';
import { sign } from './support/tokens.js';

const userId = (socket: AGServerSocket) => socket.authToken?.sub;
const asUser = (sub: string) => ({ authToken: sign({ sub }) });

/** A server whose rooms have this `accept`, with a client that watches one of them. */
async function startAccepting(accept: (socket: AGServerSocket, state: any) => unknown) {
  const context = await startServer({ userId, channels: { 'room:*': { presence: { accept } } } });
  const { client: watcher } = await openPresent(context);
  await join(watcher, 'room:1', { watch: true });
  return { ...context, watcher };
}

describe('what a client asks for', () => {
  it.each([
    ['cannot be read', { channel: 'room:1' }, 'Presence request was malformatted'],
    ['says two things', { channel: 'room:1', enter: 1, leave: true }, 'malformatted'],
    ['names no channel', { enter: 1 }, 'malformatted'],
    [
      'names a channel that is not subscribed to',
      { channel: 'room:2', enter: 1 },
      'subscribe first',
    ],
    ['is about a channel without presence', { channel: 'plain', enter: 1 }, 'has no presence'],
    [
      'would watch a channel without presence',
      { channel: 'plain', watch: true },
      'has no presence',
    ],
    [
      'updates what it is not',
      { channel: 'room:1', update: 1 },
      'is not a member of the room:1 channel',
    ],
    [
      'has a channel with too long a name',
      { channel: 'x'.repeat(1_001), leave: true },
      '1001 char',
    ],
  ])('P15.7 is refused when it %s', async (_, data, message) => {
    const { warnings, ...context } = await startServer({
      channels: { 'room:*': { presence: true } },
    });
    const { client } = await openPresent(context);
    await client.subscribe('room:1');
    await client.subscribe('plain');
    const { error } = await client.request('#presence', data);
    expect(error).toMatchObject({ name: 'InvalidActionError' });
    expect(error.message).toContain(message);
    expect(warnings).toEqual([]);
    client.transmit('#presence', data);
    await client.settled();
    expect(warnings.map((warning) => warning.message)[0]).toContain(message);
  });

  it('P15.5 refuses a subscription whose presence is none', async () => {
    const context = await startServer({ channels: { 'room:*': { presence: true } } });
    const { client } = await openPresent(context);
    for (const presence of [5, true, [], { watch: 1 }]) {
      const { error } = await client.request('#subscribe', { channel: 'room:1', presence });
      expect(error.message).toContain('presence of a subscription was malformatted');
    }
    expect(await client.request('#unsubscribe', 'room:1')).toHaveProperty('error');
  });

  it('P15.5 is answered with an error where the channel has no presence, and the subscription stands', async () => {
    const context = await startServer({ channels: { 'room:*': { presence: true } } });
    const { client } = await openPresent(context);
    for (const presence of [{ state: 1 }, { watch: true }]) {
      const { error } = await join(client, 'plain', presence);
      expect(error.message).toContain('The plain channel has no presence');
    }
    expect(await client.request('#unsubscribe', 'plain')).not.toHaveProperty('error');
  });

  it('P15.7 is refused when the state is too large, and the state before stays', async () => {
    const { server, ...context } = await startServer({
      userId,
      channels: { 'room:*': { presence: true } },
      maxPresenceBytes: 20,
    });
    const { client } = await openPresent(context, asUser('ada'));
    const tooLarge = 'é'.repeat(10);
    const { error } = await join(client, 'room:1', { state: tooLarge, watch: true });
    expect(error).toMatchObject({ name: 'ResourceLimitError', code: 'ERR_RESOURCE_LIMIT' });
    expect(error.message).toContain(
      'takes 22 bytes; the maxPresenceBytes option of the server allows 20',
    );
    await join(client, 'room:1', { state: { a: 1 } });
    const update = { channel: 'room:1', update: { b: tooLarge } };
    expect((await client.request('#presence', update)).error.name).toBe('ResourceLimitError');
    await untilSeen(client, 'room:1', { ada: { a: 1 } });
    expect(server.stats().limits.maxPresenceBytes).toBe(2);
  });

  it('is limited by its rate', async () => {
    const { warnings, ...context } = await startServer({
      channels: { 'room:*': { presence: true } },
      rateLimits: { presence: { perSecond: 1, burst: 3 } },
    });
    const { client } = await openPresent(context);
    await join(client, 'room:1', { state: 1 });
    for (let n = 0; n < 5; n++) client.transmit('#presence', { channel: 'room:1', update: n });
    expect(await client.whenClosed()).toEqual({
      code: 1008,
      reason: 'Too many presence from this socket',
    });
    expect(warnings.length).toBeGreaterThan(0);
  });
});

describe('accept of a pattern', () => {
  it('may replace the state', async () => {
    const { watcher, ...context } = await startAccepting((socket, { mood }) => ({
      mood,
      by: socket.userId,
    }));
    const { client } = await openPresent(context, asUser('ada'));
    await join(client, 'room:1', { state: { mood: 'good', role: 'admin' } });
    await untilSeen(watcher, 'room:1', { ada: { mood: 'good', by: 'ada' } });
    await client.request('#presence', {
      channel: 'room:1',
      update: { mood: 'bad', role: 'admin' },
    });
    await untilSeen(watcher, 'room:1', { ada: { mood: 'bad', by: 'ada' } });
  });

  it.each([
    ['false', false],
    ['nothing', undefined],
    ['null in place of a state', null],
  ])('refuses with %s, and the subscription stands', async (_, answer) => {
    const { watcher, warnings, ...context } = await startAccepting((_, state) =>
      state === 'bad' ? answer : state,
    );
    const { client } = await openPresent(context, asUser('ada'));
    const { error } = await join(client, 'room:1', { state: 'bad' });
    expect(error).toMatchObject({ name: 'PresenceRefusedError', code: 'ERR_PRESENCE_REFUSED' });
    const entered = await client.request('#presence', { channel: 'room:1', enter: 'good' });
    expect(entered.data.key).toBe('ada');
    const updated = await client.request('#presence', { channel: 'room:1', update: 'bad' });
    expect(updated.error).toMatchObject({ code: 'ERR_PRESENCE_REFUSED' });
    await untilSeen(watcher, 'room:1', { ada: 'good' });
    expect(warnings).toEqual([]);
  });

  it('may let a member in whose state is null', async () => {
    const { watcher, ...context } = await startAccepting((_, state) => state);
    const { client } = await openPresent(context, asUser('ada'));
    expect(await join(client, 'room:1', { state: null })).toEqual({ key: 'ada' });
    await untilSeen(watcher, 'room:1', { ada: null });
  });

  it('refuses with an error that was made to be sent', async () => {
    const { warnings, ...context } = await startAccepting(() => {
      throw new PublicError('The room is full');
    });
    const { client } = await openPresent(context);
    const { error } = await join(client, 'room:1', { state: 1 });
    expect(error).toMatchObject({ message: 'The room is full', name: 'PublicError' });
    expect(warnings).toEqual([]);
  });

  it.each([
    ['throws another error', () => JSON.parse('{')],
    ['returns a promise', () => Promise.reject(new Error('later'))],
  ])('refuses when it %s, which is a warning', async (_, accept) => {
    const { warnings, ...context } = await startAccepting(accept);
    const { client } = await openPresent(context);
    const { error } = await join(client, 'room:1', { state: 1 });
    expect(error).toMatchObject({ name: 'InternalServerError', code: 'ERR_INTERNAL_SERVER' });
    await until('a warning', () => warnings.length === 1);
    expect(warnings[0]?.message).toMatch(/JSON|it must return the state or false/);
  });

  it.each([
    ['a function', () => () => 1],
    ['a circle', circle],
  ])('refuses %s as a state', async (_, accept) => {
    const { watcher, ...context } = await startAccepting(accept);
    const { client } = await openPresent(context);
    const { error } = await join(client, 'room:1', { state: 1 });
    expect(error).toMatchObject({ name: 'InvalidActionError' });
    expect(error.message).toContain('has no encoding');
    expect(await watcher.request('#presence', { channel: 'room:1', leave: true })).toBeDefined();
  });

  it('P15.15 is asked again when the user id changes', async () => {
    const { watcher, ...context } = await startAccepting((socket, state) =>
      socket.userId === 'mallory' ? false : state,
    );
    const { client } = await openPresent(context, asUser('ada'));
    await join(client, 'room:1', { state: 1 });
    await untilSeen(watcher, 'room:1', { ada: 1 });
    await client.request('#authenticate', sign({ sub: 'mallory' }));
    await untilSeen(watcher, 'room:1', {});
    expect(notices(client, 'room:1')).toEqual([
      { error: expect.objectContaining({ code: 'ERR_PRESENCE_REFUSED' }) },
    ]);
    const update = { channel: 'room:1', update: 2 };
    expect((await client.request('#presence', update)).error.message).toContain('is not a member');
  });
});

describe('middleware', () => {
  const channels = { 'room:*': { presence: true } };

  it('that asks for presence judges each state, whole, and may replace it', async () => {
    const { server, ...context } = await startServer({ userId, channels });
    const judged: unknown[] = [];
    server.use(
      'inbound',
      async ({ channel, data, socket }) => {
        judged.push([channel, data, socket.userId]);
        await null;
        if (data.role) throw new PublicError('No roles');
        return { ...data, seen: true };
      },
      { actions: ['presence'] },
    );
    const { client } = await openPresent(context, asUser('ada'));
    expect(await join(client, 'room:1', { state: { a: 1 }, watch: true })).toEqual({ key: 'ada' });
    await untilSeen(client, 'room:1', { ada: { a: 1, seen: true } });
    await client.request('#presence', { channel: 'room:1', update: { a: 2 } });
    await untilSeen(client, 'room:1', { ada: { a: 2, seen: true } });
    const update = { channel: 'room:1', update: { role: 'admin' } };
    expect((await client.request('#presence', update)).error.message).toBe('No roles');
    const entry = await join(client, 'room:2', { state: { role: 'admin' } });
    expect(entry.error.message).toBe('No roles');
    await client.request('#presence', { channel: 'room:1', leave: true });
    await client.request('#presence', { channel: 'room:1', watch: false });
    expect(judged).toEqual([
      ['room:1', { a: 1 }, 'ada'],
      ['room:1', { a: 2, seen: true }, 'ada'],
      ['room:1', { a: 2, seen: true, role: 'admin' }, 'ada'],
      ['room:2', { role: 'admin' }, 'ada'],
    ]);
  });

  it('that does not ask sees nothing of it', async () => {
    const { server, ...context } = await startServer({ userId, channels });
    const types: string[] = [];
    server.use('inbound', ({ type }) => void types.push(type));
    const { client } = await openPresent(context, asUser('ada'));
    await join(client, 'room:1', { state: 1, watch: true });
    await client.request('#presence', { channel: 'room:1', update: 2 });
    await untilSeen(client, 'room:1', { ada: 2 });
    expect(types).toEqual(['authenticate', 'subscribe']);
  });

  it('that refuses the subscription refuses everything', async () => {
    const { server, ...context } = await startServer({ userId, channels });
    server.use('inbound', ({ type }) => type !== 'subscribe');
    const { client } = await openPresent(context, asUser('ada'));
    const presence = { state: 1, watch: true };
    expect(await client.request('#subscribe', { channel: 'room:1', presence })).toHaveProperty(
      'error',
    );
    const command = { channel: 'room:1', watch: true };
    expect((await client.request('#presence', command)).error.message).toContain('subscribe first');
    expect(server.stats().presence).toMatchObject({ members: 0, watchers: 0 });
  });

  it('that is still thinking when its socket is kicked out lets nobody in', async () => {
    const { server, ...context } = await startServer({ userId, channels });
    const { client, id } = await openPresent(context, asUser('ada'));
    await client.subscribe('room:1');
    server.use(
      'inbound',
      async ({ socket }) => {
        await socket.kickOut('room:1');
      },
      { actions: ['presence'] },
    );
    const { error } = await client.request('#presence', { channel: 'room:1', enter: 1 });
    expect(error.message).toContain(`Socket ${id} asked for the members`);
    expect(server.stats().presence?.members).toBe(0);
  });
});

function circle(): object {
  const state: { self?: object } = {};
  state.self = state;
  return state;
}
