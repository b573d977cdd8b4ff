import { create, safe } from '@asyngular/client';
import { PublicError } from '@asyngular/errors';
import { listen } from '@asyngular/server';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import { collect } from '@asyngular/test-utils/collect';
import { until, within } from '@asyngular/test-utils/wait';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { type ClientApi, contract } from '../src/index.js';

const chat = contract({
  procedures: {
    login: {
      data: z.object({ name: z.string().trim().min(1) }),
      result: z.object({ id: z.string() }),
      errors: { NameTaken: z.object({ suggestion: z.string() }) },
    },
    slow: { data: z.string().refine(async (text) => text !== 'taken'), result: z.string() },
  },
  receivers: { typing: z.object({ room: z.string() }) },
  channels: {
    'room:{id}': { publish: z.string().trim(), data: z.string() },
    rooms: { data: z.string() },
  },
});

/** A server with the contract, and a client with these options. */
function start(options: { validate?: 'outgoing'; channelPrefix?: string } = {}) {
  const server = listen(0, { contract: chat, authKey: 'key', logger: false });
  server.handle('login', ({ name }, { fail }) => {
    if (name === 'ann') throw fail('NameTaken', { suggestion: 'ann2' });
    if (name === 'banned') throw new PublicError('You are banned');
    if (name === 'broken') throw new Error('a secret');
    return { id: name };
  });
  server.handle('slow', (text) => text);
  const socket = create<ClientApi<typeof chat>>({
    hostname: '127.0.0.1',
    port: server.port!,
    contract: chat,
    logger: false,
    ...options,
  });
  onCleanup(async () => {
    socket.disconnect();
    await server.close();
    server.httpServer?.close();
  });
  return { server, socket };
}

test('a call gives its result, or the error that the contract declares', async () => {
  const { socket } = start();
  expect(await safe(socket.invoke('login', { name: ' bea ' }))).toEqual({
    error: null,
    data: { id: 'bea' },
  });
  const { error, data } = await safe(socket.invoke('login', { name: 'ann' }));
  expect(data).toBeUndefined();
  expect(error?.name === 'NameTaken' && error.data.suggestion).toBe('ann2');
});

test('other errors are there, too', async () => {
  const { socket } = start();
  const errorOf = async (name: string) => (await safe(socket.invoke('login', { name }))).error;
  expect(await errorOf('banned')).toMatchObject({ name: 'PublicError', message: 'You are banned' });
  expect(await errorOf('broken')).toMatchObject({ name: 'InternalServerError' });
  expect(await errorOf('')).toMatchObject({ name: 'ValidationError', issues: [{ path: 'name' }] });
});

test.each([
  [null, 'null'],
  ['text', 'text'],
])('%s, which is no error, becomes one', async (thrown, message) => {
  const { error, data } = await safe(Promise.reject(thrown));
  expect(error).toEqual(new Error(message));
  expect(data).toBeUndefined();
});

test('without validate, the server alone checks', async () => {
  const { server, socket } = start();
  const wrong = await safe(socket.invoke('login', { name: 5 } as never));
  expect(wrong.error?.name).toBe('ValidationError');
  expect(server.stats().invalidMessages).toBe(1);
});

test('with it, wrong data do not leave the client', async () => {
  const { server, socket } = start({ validate: 'outgoing', channelPrefix: 'app:' });
  const errors = collect(socket.listener('error'), ({ error }) => (error as Error).message);
  await expect(socket.invoke('login', { name: 5 } as never)).rejects.toMatchObject({
    name: 'ValidationError',
    message: expect.stringMatching(/^The data of login is not what the contract says: name: /),
  });
  await expect(socket.invoke('logn' as never)).rejects.toMatchObject({
    name: 'NoHandlerError',
    message: 'the contract has no procedure "logn"; did you mean "login"?',
  });
  await expect(socket.invokePublish('room:1', 5 as never)).rejects.toMatchObject({
    name: 'ValidationError',
  });
  await expect(socket.invokePublish('rooms', 'x' as never)).rejects.toMatchObject({
    name: 'InvalidActionError',
  });
  await socket.transmit('typing', { room: 1 } as never);
  await until('the error of the transmit', () => errors.length > 0);
  expect(errors[0]).toMatch(/^The data of typing is not what the contract says: room: /);
  await within('the connect event', socket.listener('connect').once());
  expect(server.stats().invalidMessages).toBe(0);
});

test('it changes nothing, so that a schema runs once', async () => {
  const { server, socket } = start({ validate: 'outgoing' });
  const got = server.exchange.subscribe('room:1').once({ timeout: 20_000 });
  const seen: unknown[] = [];
  server.use('inboundRaw', ({ data }) => void seen.push(String(data)));
  await socket.invokePublish('room:1', ' hi ');
  expect(await got).toBe('hi');
  expect(seen.filter((message) => String(message).includes('" hi "'))).toHaveLength(1);
});

test('what needs an asynchronous schema is left to the server', async () => {
  const { server, socket } = start({ validate: 'outgoing' });
  await expect(socket.invoke('slow', 'taken')).rejects.toMatchObject({ name: 'ValidationError' });
  expect(server.stats().invalidMessages).toBe(1);
  expect(await socket.invoke('slow', 'free')).toBe('free');
});
