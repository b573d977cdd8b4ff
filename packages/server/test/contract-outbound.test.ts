import { type ContractDefinition, contract } from '@asyngular/contract';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { libraries } from '../../contract/test/support/libraries.js';
import { collect, startServer, startWithClient, until } from './support/server.js';

/** A server with a contract, one open client, and its socket there. */
const startWith = (definition: ContractDefinition) =>
  startWithClient({ contract: contract(definition) });

describe.each(libraries)('what the server sends, with schemas of $name', ({ person, length }) => {
  it('a wrong result is an internal error, of a handler and of a loop', async () => {
    const { server, client, socket, warnings } = await startWith({
      procedures: { handled: { result: person }, looped: { result: person } },
    });
    server.handle('handled', () => ({ name: 'ann', password: 'secret' }));
    (async () => {
      for await (const request of socket.procedure('looped')) request.end({ name: 5 });
    })();
    for (const name of ['handled', 'looped']) {
      const { error } = await client.request(name);
      expect(error).toMatchObject({ name: 'InternalServerError', id: expect.any(String) });
      expect(error.message).not.toContain('password');
    }
    expect(warnings).toMatchObject([{ name: 'ValidationError' }, { name: 'ValidationError' }]);
  });

  it('a loop answers with what the schema makes of it', async () => {
    const { client, socket } = await startWith({ procedures: { measure: { result: length } } });
    (async () => {
      for await (const request of socket.procedure('measure')) request.end('four');
    })();
    expect((await client.request('measure')).data).toBe(4);
  });

  it('a wrong message is never sent, and is an error of the socket', async () => {
    const { client, socket } = await startWith({ clientReceivers: { welcome: person } });
    const errors = collect(socket.listener('error'), ({ error }) => error);
    const arrived = client.nextEvent('welcome');
    await socket.transmit('welcome', { name: 1 } as never);
    await socket.transmit('welcome', { name: 'ann' } as never);
    expect((await arrived).data).toEqual({ name: 'ann' });
    await socket.transmit('other' as never, 1 as never);
    await until('both errors', () => errors.length === 2);
    expect(errors).toMatchObject([{ name: 'ValidationError' }, { name: 'NoHandlerError' }]);
  });

  it('a wrong publication rejects, is a warning, and reaches nobody', async () => {
    const { server, client, warnings } = await startWith({ channels: { people: person } });
    await client.subscribe('people');
    const publish = (data: unknown) => server.exchange.invokePublish('people', data);
    await expect(publish({ name: 1 })).rejects.toMatchObject({ name: 'ValidationError' });
    const arrived = client.nextEvent('#publish');
    await publish({ name: 'ann' });
    expect((await arrived).data.data).toEqual({ name: 'ann' });
    await expect(server.exchange.transmitPublish('nowhere', 1)).rejects.toMatchObject({
      name: 'NoHandlerError',
    });
    expect(warnings).toMatchObject([{ name: 'ValidationError' }, { name: 'NoHandlerError' }]);
  });

  it('a call of the client is checked, and so is its answer', async () => {
    const { client, socket } = await startWith({
      clientProcedures: { rate: { data: person, result: length } },
    });
    await expect(socket.invoke('rate', { name: 1 } as never)).rejects.toMatchObject({
      name: 'ValidationError',
      message: expect.stringMatching(/^The data of rate is not/),
    });
    const answers = ['four', 4];
    client.ws.on('message', (message) => {
      const { event, cid } = JSON.parse(String(message));
      if (event === 'rate') client.send({ rid: cid, data: answers.shift() });
    });
    expect(await socket.invoke('rate', { name: 'ann' } as never)).toBe(4);
    await expect(socket.invoke('rate', { name: 'ann' } as never)).rejects.toMatchObject({
      message: expect.stringMatching(/^The result of rate is not/),
    });
    await expect(socket.invoke('rat' as never)).rejects.toMatchObject({ name: 'NoHandlerError' });
  });
});

it('a publication is checked once, however many get it', async () => {
  let runs = 0;
  const counted = z.string().transform((text) => `${text} ${++runs}`);
  const { server, open } = await startServer({ contract: contract({ channels: { c: counted } }) });
  const clients = await Promise.all([open(), open(), open()]);
  await Promise.all(clients.map((client) => client.subscribe('c')));
  const arrived = clients.map((client) => client.nextEvent('#publish'));
  const seen = server.exchange.subscribe('c').once({ timeout: 20_000 });
  await server.exchange.invokePublish('c', 'run');
  expect((await Promise.all(arrived)).map(({ data }) => data.data)).toEqual(Array(3).fill('run 1'));
  expect(await seen).toBe('run 1');
});

it('what a handler without a result happens to return stays on the server', async () => {
  const { server, client } = await startWith({ procedures: { ping: {} } });
  server.handle('ping', () => ({ secret: 1 }));
  expect(await client.request('ping')).toEqual({ rid: expect.any(Number) });
});

describe('errors that a procedure declares', () => {
  const login = {
    data: z.string(),
    errors: { NameTaken: z.object({ suggestion: z.string().trim() }), Closed: z.undefined() },
  };

  it('reach the caller with their name and data', async () => {
    const { server, client, warnings } = await startWith({ procedures: { login } });
    server.handle('login', (name, { fail }) => {
      throw name === 'ann' ? fail('NameTaken', { suggestion: ' ann2 ' }) : fail('Closed');
    });
    expect((await client.request('login', 'ann')).error).toEqual({
      name: 'NameTaken',
      message: 'NameTaken',
      code: 'ERR_DECLARED',
      data: { suggestion: 'ann2' },
    });
    expect((await client.request('login', 'bea')).error).toEqual({
      name: 'Closed',
      message: 'Closed',
      code: 'ERR_DECLARED',
    });
    expect(warnings).toEqual([]);
  });

  it('with wrong data are internal errors', async () => {
    const { server, client, warnings } = await startWith({ procedures: { login } });
    server.handle('login', (_name, { fail }) => {
      throw fail('NameTaken', { suggestion: { secret: 1 } });
    });
    const { error } = await client.request('login', 'ann');
    expect(error.name).toBe('InternalServerError');
    expect(warnings).toMatchObject([
      { message: expect.stringMatching(/^The data of its NameTaken is not/) },
    ]);
  });

  it('cannot have other names', async () => {
    const { server, client } = await startWith({ procedures: { login } });
    server.handle('login', (_name, { fail }) => {
      throw fail('NameTake', { suggestion: 'x' });
    });
    expect((await client.request('login', 'ann')).error).toMatchObject({
      name: 'InvalidActionError',
      message: "The contract declares no error 'NameTake' for login; did you mean 'NameTaken'?",
    });
  });

  it('have any name without a contract', async () => {
    const { server, client } = await startWithClient();
    server.handle('login', (_name, { fail }) => {
      throw fail('NameTaken', { suggestion: 'ann2' });
    });
    expect((await client.request('login', 'ann')).error).toMatchObject({
      name: 'NameTaken',
      data: { suggestion: 'ann2' },
    });
  });
});

describe('what people get', () => {
  const definition = {
    clientReceivers: { notice: z.string() },
    clientProcedures: { rate: { data: z.string(), result: z.number() } },
    channels: { '#user': { data: z.string() } },
  };

  /** A server on which everybody is ada, and a device of hers. */
  const startWithAda = (channels: ContractDefinition['channels'] = definition.channels) =>
    startWithClient({
      userId: () => 'ada',
      contract: contract({ ...definition, channels }),
    });

  it('is checked before it is sent', async () => {
    const { server, client } = await startWithAda();
    expect((await client.subscribe('#user')).error).toBeUndefined();
    const ada = server.user('ada');
    const wrong = [ada.transmit('notice', 1), ada.publish(1), ada.invoke('rate', 1)];
    for (const attempt of wrong) {
      await expect(attempt).rejects.toMatchObject({ name: 'ValidationError' });
    }
    const arrived = [client.nextEvent('notice'), client.nextEvent('#publish')];
    await ada.transmit('notice', 'a');
    await ada.publish('b');
    expect(await Promise.all(arrived)).toEqual([
      { event: 'notice', data: 'a' },
      { event: '#publish', data: { channel: '#user', data: 'b' } },
    ]);
  });

  it('is answered with what the contract says', async () => {
    const { server, client } = await startWithAda();
    const answers = ['much', 5];
    client.ws.on('message', (message) => {
      const { event, cid } = JSON.parse(String(message));
      if (event === 'rate') client.send({ rid: cid, data: answers.shift() });
    });
    const ada = server.user('ada');
    await expect(ada.invoke('rate', 'x')).rejects.toMatchObject({ name: 'ValidationError' });
    expect(await ada.invoke('rate', 'x')).toBe(5);
  });

  it('on a channel of their own needs no schema', async () => {
    const { server, client } = await startWithAda({ lobby: z.string() });
    expect((await client.subscribe('#user')).error).toBeUndefined();
    const arrived = client.nextEvent('#publish');
    await server.user('ada').publish({ any: 1 });
    expect((await arrived).data.data).toEqual({ any: 1 });
  });
});
