import { create } from '@asyngular/client';
import { consume } from '@asyngular/streams';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import { pass, stopTime } from '@asyngular/test-utils/clock';
import { within } from '@asyngular/test-utils/wait';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { onConnection, startServer, startWithClient, until } from './support/server.js';

afterEach(() => vi.unstubAllEnvs());

describe('P3.12: a call that nobody handles', () => {
  it('is refused at once, with the name that was most likely meant', async () => {
    const { server, client, warnings } = await startWithClient();
    server.handle('greet', () => 'hello');
    expect((await client.request('greeet')).error).toEqual({
      name: 'NoHandlerError',
      message: 'nobody handles the procedure "greeet"; did you mean "greet"?',
      code: 'ERR_NO_HANDLER',
    });
    expect(server.stats().unhandledCalls).toBe(1);
    expect(warnings).toEqual([]);
  });

  it('names no other procedures in production', async () => {
    vi.stubEnv('NODE_ENV', 'production');
    const { server, client } = await startWithClient();
    server.handle('greet', () => 'hello');
    expect((await client.request('greeet')).error.message).toBe(
      'nobody handles the procedure "greeet"',
    );
  });

  it('gets no answer with answerUnhandled: false', async () => {
    const { server, client } = await startWithClient({ answerUnhandled: false });
    server.handle('known', () => 'yes');
    const { cid, ...call } = client.call('unknown');
    client.send({ ...call, cid });
    expect((await client.request('known')).data).toBe('yes');
    await client.settled();
    expect(client.received.filter(({ rid }) => rid === cid)).toEqual([]);
    expect(server.stats().unhandledCalls).toBe(1);
  });

  it('reaches a loop that a connection loop sets up after an await', async () => {
    const { server, open } = await startServer();
    let goOn = () => {};
    const lookedUp = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    onConnection(server, async (socket) => {
      await lookedUp;
      for await (const request of socket.procedure('sum')) request.end(request.data + 1);
    });
    const client = await open();
    const [socket] = Object.values(server.clients);
    const calls = [1, 2, 3].map((n) => client.request('sum', n));
    await until('the calls are there', () => socket!.stats().unconsumedMessages === 3);
    goOn();
    expect((await Promise.all(calls)).map(({ data }) => data)).toEqual([2, 3, 4]);
    expect(server.stats().unhandledCalls).toBe(0);
  });

  it('waits for such a loop during the first second of the socket, and no longer', async () => {
    const { server, open } = await startServer();
    onConnection(server, () => {});
    stopTime();
    const client = await open();
    const [socket] = Object.values(server.clients);
    const early = client.request('late');
    await until('it waits', () => socket!.stats().unconsumedMessages === 1);
    await pass(999);
    expect(server.stats().unhandledCalls).toBe(0);
    await pass(2);
    expect((await early).error.name).toBe('NoHandlerError');
    expect((await client.request('later')).error.name).toBe('NoHandlerError');
    expect(socket!.stats().unconsumedMessages).toBe(0);
  });

  it('is not overtaken by a later one that finds a loop', async () => {
    const { server, client, socket } = await startWithClient();
    onConnection(server, () => {});
    const stream = socket.procedure('p');
    const first = client.request('p', 1);
    await until('it waits', () => socket.stats().unconsumedMessages === 1);
    const seen: unknown[] = [];
    consume(stream, (request) => {
      seen.push(request.data);
      request.end();
    });
    await Promise.all([first, client.request('p', 2)]);
    expect(seen).toEqual([1, 2]);
  });

  it('counts as a call in flight, so that a client cannot pile them up', async () => {
    const { server, open } = await startServer({ maxPendingCalls: 2 });
    onConnection(server, () => {});
    const client = await open();
    client.send(client.call('a'));
    client.send(client.call('b'));
    expect((await client.request('c')).error.message).toMatch('2 calls wait for an answer already');
  });
});

describe('P12.9: a call of the server that nobody handles at the client', () => {
  it('is refused at once', async () => {
    const { server, port } = await startServer();
    const connection = within('the connection', server.listener('connection').once());
    const client = create({ port, logger: false });
    onCleanup(() => client.disconnect());
    const { socket } = await connection;
    await expect(within('the refusal', socket.invoke('confrm', 'sure?'))).rejects.toMatchObject({
      name: 'NoHandlerError',
      message: 'nobody handles the procedure "confrm"',
    });
    consume(client.procedure('confirm'), (request) => request.end(true));
    expect(await within('the answer', socket.invoke('confirm', 'sure?'))).toBe(true);
  });
});
