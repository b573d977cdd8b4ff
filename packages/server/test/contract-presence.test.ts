import { contract } from '@asyngular/contract';
import { expect, it } from 'vitest';
import { z } from 'zod';
import type { AGServerSocket } from '../src/index.js';
import { join, openPresent, untilSeen } from './support/presence-client.js';
import { startServer } from './support/server.js';
import { sign } from './support/tokens.js';

const Status = z.strictObject({ mood: z.enum(['glad', 'sad']), text: z.string().optional() });

/** A server whose rooms have members with a status, and a client that watches one of them. */
async function startWithStatus(schema: z.ZodType = Status, accept?: (state: unknown) => unknown) {
  const context = await startServer({
    userId: (socket: AGServerSocket) => socket.authToken?.sub,
    contract: contract({ channels: { 'room:{id}': { data: z.string(), presence: schema } } }),
    channels: {
      'room:*': { presence: accept ? { accept: (_socket, state) => accept(state) } : true },
    },
  });
  const { client: watcher } = await openPresent(context);
  await join(watcher, 'room:1', { watch: true });
  const { client } = await openPresent(context, { authToken: sign({ sub: 'ada' }) });
  return { ...context, watcher, client };
}

it('a state is what the contract says, of whole and of parts', async () => {
  const { client, watcher } = await startWithStatus();
  expect((await join(client, 'room:1', { state: { mood: 'angry' } })).error).toMatchObject({
    name: 'ValidationError',
    issues: [{ path: 'mood' }],
  });
  const change = async (command: object) =>
    (await client.request('#presence', { channel: 'room:1', ...command })).error;
  expect(await change({ enter: { mood: 'glad' } })).toBeUndefined();
  await untilSeen(watcher, 'room:1', { ada: { mood: 'glad' } });
  expect(await change({ update: { text: 5 } })).toMatchObject({ issues: [{ path: 'text' }] });
  expect(await change({ update: { admin: true } })).toMatchObject({ name: 'ValidationError' });
  expect(await change({ update: { mood: 'sad' } })).toBeUndefined();
  await untilSeen(watcher, 'room:1', { ada: { mood: 'sad' } });
});

it('accept() gets what has been checked', async () => {
  const states: unknown[] = [];
  const { client } = await startWithStatus(Status, (state) => {
    states.push(state);
    return state;
  });
  await join(client, 'room:1', { state: { mood: 'angry' } });
  await client.request('#presence', { channel: 'room:1', enter: { mood: 'glad' } });
  expect(states).toEqual([{ mood: 'glad' }]);
});

it('members that the server enters are checked, too', async () => {
  const { server, watcher } = await startWithStatus();
  const room = server.presence('room:1');
  expect(() => room.enter('bot', { mood: 'angry' })).toThrow(
    expect.objectContaining({ name: 'ValidationError' }),
  );
  room.enter('bot', { mood: 'glad' });
  await untilSeen(watcher, 'room:1', { bot: { mood: 'glad' } });
});

it('a schema of states answers at once', async () => {
  const { client, warnings } = await startWithStatus(Status.refine(async () => true));
  const { error } = await join(client, 'room:1', { state: { mood: 'glad' } });
  expect(error.name).toBe('InternalServerError');
  expect(warnings).toMatchObject([
    {
      message:
        'The presence schema of the room:1 channel is asynchronous; states take one that answers at once',
    },
  ]);
});
