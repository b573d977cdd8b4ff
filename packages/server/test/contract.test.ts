import { type ContractDefinition, contract } from '@asyngular/contract';
import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { libraries } from '../../contract/test/support/libraries.js';
import { collect, startWithClient, until } from './support/server.js';

/** A server with a contract, one open client, and its socket there. */
const startWith = (definition: ContractDefinition) =>
  startWithClient({ contract: contract(definition) });

describe.each(libraries)('what clients send, with schemas of $name', ({ person, length }) => {
  it('a handler gets what the schema makes of it', async () => {
    const { server, client } = await startWith({
      procedures: { double: { data: length, result: length } },
    });
    const got: unknown[] = [];
    server.handle('double', (data) => {
      got.push(data);
      return 'four';
    });
    expect((await client.request('double', 'abc')).data).toBe(4);
    expect(got).toEqual([3]);
  });

  it('a call with wrong data is refused, and says where', async () => {
    const { server, client, warnings } = await startWith({
      procedures: { login: { data: person } },
    });
    server.handle('login', () => {
      throw new Error('this is never reached');
    });
    const { error } = await client.request('login', { name: 5 });
    expect(error).toMatchObject({
      name: 'ValidationError',
      code: 'ERR_VALIDATION',
      issues: [{ path: 'name', message: expect.any(String) }],
    });
    expect(error.message).toMatch(/^The data of login is not what the contract says: name: /);
    expect(server.stats().invalidMessages).toBe(1);
    expect(warnings).toEqual([]);
  });

  it('a transmit with wrong data is dropped, counted, and an error of its socket', async () => {
    const { server, client, socket, warnings } = await startWith({ receivers: { join: person } });
    const got = collect(socket.receiver('join'));
    const errors = collect(socket.listener('error'), ({ error }) => error);
    client.transmit('join', { name: '' });
    client.transmit('join', { name: 'ann' });
    await until('the good one', () => got.length > 0);
    expect(got).toEqual([{ name: 'ann' }]);
    expect(errors).toMatchObject([{ name: 'ValidationError' }]);
    expect(warnings).toEqual(errors);
    expect(server.stats().invalidMessages).toBe(1);
  });

  it('a publication with wrong data reaches nobody', async () => {
    const { server, client, open } = await startWith({ channels: { 'room:{id}': person } });
    const other = await open();
    await other.subscribe('room:1');
    const refused = await client.request('#publish', { channel: 'room:1', data: 'hello' });
    expect(refused.error).toMatchObject({
      name: 'ValidationError',
      message: expect.stringMatching(/^What is published on channel room:{id} is not/),
    });
    client.transmit('#publish', { channel: 'room:1', data: 'hello' });
    const arrived = other.nextEvent('#publish');
    await client.request('#publish', { channel: 'room:1', data: { name: 'ann' } });
    await arrived;
    expect(other.received.filter(({ event }) => event === '#publish')).toEqual([
      { event: '#publish', data: { channel: 'room:1', data: { name: 'ann' } } },
    ]);
    expect(server.stats().invalidMessages).toBe(2);
  });
});

describe('names that the contract does not have', () => {
  const text = z.string();
  const definition = {
    procedures: { greet: { data: text, result: text } },
    receivers: { typing: text },
    channels: { lobby: text, 'room:{id}': text },
  };

  it('are refused at once, with the nearest name', async () => {
    const { server, client } = await startWith(definition);
    const messages = [];
    messages.push((await client.request('greeet', 'ann')).error);
    messages.push((await client.request('#publish', { channel: 'loby', data: 'x' })).error);
    messages.push((await client.subscribe('loby')).error);
    expect(messages).toEqual([
      noHandler('the contract has no procedure "greeet"; did you mean "greet"?'),
      noHandler('the contract has no channel "loby"; did you mean "lobby"?'),
      noHandler('the contract has no channel "loby"; did you mean "lobby"?'),
    ]);
    expect(server.stats().invalidMessages).toBe(3);
  });

  it('of transmits are an error of the socket', async () => {
    const { client, socket } = await startWith(definition);
    const errors = collect(socket.listener('error'), ({ error }) => error.message);
    client.transmit('typng', 'x');
    await until('the error', () => errors.length > 0);
    expect(errors).toEqual(['the contract has no receiver "typng"; did you mean "typing"?']);
  });

  it('get no suggestion in production', async () => {
    vi.stubEnv('NODE_ENV', 'production');
    const { client } = await startWith(definition);
    const { error } = await client.request('greeet', 'ann');
    vi.unstubAllEnvs();
    expect(error.message).toBe('the contract has no procedure "greeet"');
  });

  it('are fine in sections that the contract leaves out', async () => {
    const { server, client } = await startWith({ receivers: { typing: text } });
    server.handle('anything', (data) => data);
    expect((await client.request('anything', { any: 1 })).data).toEqual({ any: 1 });
    expect((await client.subscribe('any channel')).error).toBeUndefined();
  });

  function noHandler(message: string) {
    return { name: 'NoHandlerError', code: 'ERR_NO_HANDLER', message };
  }
});

describe('channels', () => {
  it('to which only the server publishes refuse clients', async () => {
    const { server, client } = await startWith({ channels: { rooms: { data: z.string() } } });
    const { error } = await client.request('#publish', { channel: 'rooms', data: 'mine' });
    expect(error).toMatchObject({
      name: 'InvalidActionError',
      message: 'Clients do not publish on the rooms channel: the contract has no publish for it',
    });
    await client.subscribe('rooms');
    const arrived = client.nextEvent('#publish');
    await server.exchange.invokePublish('rooms', 'ours');
    expect((await arrived).data).toEqual({ channel: 'rooms', data: 'ours' });
  });

  it('check what clients publish, then what middleware makes of it', async () => {
    const { server, client } = await startWith({
      channels: {
        room: { publish: z.string(), data: z.object({ text: z.string(), by: z.string() }) },
      },
    });
    server.use('inbound', (action) => {
      if (action.type === 'publishIn') action.allow({ data: { text: action.data, by: 'ann' } });
    });
    await client.subscribe('room');
    const arrived = client.nextEvent('#publish');
    expect(
      (await client.request('#publish', { channel: 'room', data: 'hi' })).error,
    ).toBeUndefined();
    expect((await arrived).data.data).toEqual({ text: 'hi', by: 'ann' });
  });

  it('tell the publisher nothing of what middleware got wrong', async () => {
    const { client, warnings } = await startWith({
      channels: { room: { publish: z.string(), data: z.object({ text: z.string() }) } },
    });
    const { error } = await client.request('#publish', { channel: 'room', data: 'hi' });
    expect(error.name).toBe('InternalServerError');
    expect(error.message).toMatch(
      /^The publication on the channel "room" failed; the server's log/,
    );
    expect(warnings).toMatchObject([{ name: 'ValidationError' }]);
  });
});

describe('the inbound middleware', () => {
  it('gets checked data, and what it puts in its place is trusted', async () => {
    let runs = 0;
    const trimmed = z.string().transform((text) => {
      runs++;
      return text.trim();
    });
    const { server, client } = await startWith({
      procedures: { echo: { data: trimmed, result: z.any() } },
      channels: { room: trimmed },
    });
    const seen: unknown[] = [];
    server.use('inbound', (action) => {
      if (action.type !== 'invoke' && action.type !== 'publishIn') return;
      seen.push(action.data);
      action.allow({ data: { replaced: true } });
    });
    server.handle('echo', (data) => data);
    expect((await client.request('echo', ' a ')).data).toEqual({ replaced: true });
    await client.subscribe('room');
    const arrived = client.nextEvent('#publish');
    await client.request('#publish', { channel: 'room', data: ' b ' });
    expect((await arrived).data.data).toEqual({ replaced: true });
    expect({ seen, runs }).toEqual({ seen: ['a', 'b'], runs: 2 });
  });

  it('does not see what the contract refuses', async () => {
    const { server, client } = await startWith({ procedures: { echo: { data: z.string() } } });
    const seen: unknown[] = [];
    server.use('inbound', ({ type }) => void seen.push(type));
    await client.request('echo', 5);
    expect(seen).toEqual([]);
  });
});

describe('a schema that fails itself', () => {
  const broken = z.string().transform((): string => {
    throw new Error('a secret of the server');
  });

  it('is an internal error of the call, and a warning', async () => {
    const { client, warnings } = await startWith({ procedures: { greet: { data: broken } } });
    const { error } = await client.request('greet', 'ann');
    expect(error.name).toBe('InternalServerError');
    expect(JSON.stringify(error)).not.toContain('secret');
    expect(warnings).toMatchObject([{ message: 'a secret of the server' }]);
  });

  it('drops the message, and is an error of the socket', async () => {
    const { client, socket } = await startWith({ receivers: { typing: broken } });
    const errors = collect(socket.listener('error'), ({ error }) => error.message);
    client.transmit('typing', 'x');
    await until('the error', () => errors.length > 0);
    expect(errors).toEqual(['a secret of the server']);
  });
});

it('the option takes nothing but a contract', async () => {
  await expect(startWithClient({ contract: {} as never })).rejects.toMatchObject({
    name: 'InvalidOptionsError',
    message:
      'The contract option of the server is an object; it must be a contract, made by contract()',
  });
});
