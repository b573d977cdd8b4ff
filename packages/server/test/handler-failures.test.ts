import { InvalidArgumentsError, PublicError } from '@asyngular/protocol';
import { consume } from '@asyngular/streams';
import { describe, expect, it } from 'vitest';
import type { ServerEvents } from '../src/index.js';
import { collect, onConnection, startServer, startWithClient, until } from './support/server.js';
import { unreadableErrors } from './support/unreadable-errors.js';

class NameTakenError extends PublicError {
  override readonly code = 'ERR_NAME_TAKEN';
}

function secretFailure(): never {
  throw Object.assign(new Error('ENOENT: /etc/secret'), { path: '/etc/secret' });
}

describe('a handler that throws', () => {
  it('is a warning with stack, procedure and socket; the caller gets its id and nothing else', async () => {
    const { server, client, socket } = await startWithClient();
    const warnings = collect(server.listener('warning'), (event) => event);
    const errors = collect(socket.listener('error'), ({ error }) => error);
    server.handle('bug', secretFailure);
    const { error } = await client.request('bug', 1);
    await until('the warning', () => warnings.length === 1);
    const [{ warning, errorId, ...rest }] = warnings as [ServerEvents['warning']];
    expect(error).toEqual({
      name: 'InternalServerError',
      message: `The procedure "bug" failed; the server's log has the error under the id ${errorId}`,
      code: 'ERR_INTERNAL_SERVER',
      id: errorId,
    });
    expect(errorId).toMatch(/^[\w-]{8}$/);
    expect(rest).toEqual({ socket, procedure: 'bug' });
    expect(warning.stack).toContain('secretFailure');
    expect(errors).toEqual([warning]);
  });

  it.each([
    ['an error of its own class', () => new NameTakenError('taken'), 'ERR_NAME_TAKEN'],
    ['an error of this library', () => new InvalidArgumentsError('no'), 'ERR_INVALID_ARGUMENTS'],
  ])('answers with %s, which is no warning', async (_what, make, code) => {
    const { server, client, warnings } = await startWithClient();
    server.handle('rename', () => {
      throw make();
    });
    const { name, message } = make();
    expect((await client.request('rename')).error).toEqual({ name, message, code });
    await client.settled();
    expect(warnings).toEqual([]);
  });

  it('exposeErrors: true sends every error as it is, and warns all the same', async () => {
    const { server, client, warnings } = await startWithClient({ exposeErrors: true });
    server.handle('bug', secretFailure);
    expect((await client.request('bug')).error).toMatchObject({ path: '/etc/secret' });
    await until('the warning', () => warnings.length === 1);
  });

  it('exposeErrors as a function decides what is sent; if it throws, nothing of the error is', async () => {
    const exposeErrors = (error: unknown) => {
      if ((error as Error).message === 'worse') throw new Error('of the function');
      return { name: 'Failure', message: (error as Error).message.slice(0, 6) };
    };
    const { server, client, warnings } = await startWithClient({ exposeErrors });
    server.handle('bug', secretFailure);
    server.handle('worse', () => {
      throw new Error('worse');
    });
    expect((await client.request('bug')).error).toEqual({ name: 'Failure', message: 'ENOENT' });
    expect((await client.request('worse')).error).toMatchObject({ name: 'InternalServerError' });
    await until('the warnings', () => warnings.length === 3);
    expect(warnings.map(({ message }) => message).slice(1)).toEqual(['worse', 'of the function']);
  });

  it('exposeErrors has to decide at once, and sends nothing of an error if it does not', async () => {
    const exposeErrors = () => Promise.reject(new Error('too late'));
    const { server, client, warnings } = await startWithClient({ exposeErrors });
    server.handle('bug', secretFailure);
    expect((await client.request('bug')).error).toMatchObject({ name: 'InternalServerError' });
    await until('the warnings', () => warnings.length === 2);
    expect(warnings[1]!.message).toContain('exposeErrors option returned a promise');
  });

  it.each(unreadableErrors)('warns and answers if the error %s', async (_what, make) => {
    const { server, client, warnings } = await startWithClient();
    server.handle('bug', () => {
      throw make();
    });
    expect((await client.request('bug')).error).toMatchObject({ code: 'ERR_INTERNAL_SERVER' });
    await until('the warning', () => warnings.length === 1);
  });

  it('P3.4 answers with an error if what encodes its result throws nothing', async () => {
    const { server, client } = await startWithClient();
    server.handle('result', () => ({ toJSON: throwNothing }));
    expect((await client.request('result')).error).toMatchObject({ name: 'UnknownError' });
  });

  it('request.error() sends what it is given', async () => {
    const { server, open, warnings } = await startServer();
    onConnection(server, async (socket) => {
      for await (const request of socket.procedure('p')) request.error(new Error('explicit'));
    });
    expect((await (await open()).request('p')).error).toMatchObject({ message: 'explicit' });
    expect(warnings).toEqual([]);
  });

  it('of a receiver is a warning that names it', async () => {
    const { server, client, socket } = await startWithClient();
    const warnings = collect(server.listener('warning'), (event) => event);
    server.handleTransmit('note', secretFailure);
    client.transmit('note', 1);
    await until('the warning', () => warnings.length === 1);
    expect(warnings).toEqual([{ warning: expect.any(Error), socket, receiver: 'note' }]);
  });
});

describe('a client that leaves', () => {
  it.each([
    ['hangs up', 1006],
    ['closes without a code', 1005],
    ['goes away', 1001],
  ])('and %s is a closure and no warning', async (_how, code) => {
    const { server, client, socket, warnings } = await startWithClient();
    const errors = collect(socket.listener('error'), ({ error }) => error);
    const closures = collect(server.listener('closure'), (event) => event.code);
    if (code === 1006) client.terminate();
    else client.ws.close(code === 1005 ? undefined : code);
    await until('the closure', () => closures.length === 1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(closures).toEqual([code]);
    expect(warnings).toEqual([]);
    // Published servers have the event on the socket.
    expect(errors.map((error) => (error as { code?: unknown }).code)).toEqual(
      code === 1001 ? [] : [code],
    );
  });
});

it('a callback of consume() that throws is a warning of its owner, and the next message is read', async () => {
  const { server, client, socket } = await startWithClient();
  const warnings = collect(server.listener('warning'), (event) => event);
  const seen: unknown[] = [];
  consume(socket.receiver('say'), (data: any) => {
    seen.push(data.text.length);
  });
  consume(server.listener('subscription'), () => {
    throw new Error('of the server');
  });
  consume(server.exchange.subscribe('news'), (data: any) => seen.push(data.text.length));
  client.transmit('say', null);
  client.transmit('say', { text: 'hello' });
  await client.subscribe('news');
  server.exchange.transmitPublish('news', null);
  server.exchange.transmitPublish('news', { text: 'new' });
  await until('all warnings', () => warnings.length === 3 && seen.length === 2);
  expect(seen).toEqual([5, 3]);
  expect(warnings.filter((event) => event.socket === socket)).toHaveLength(1);
});

function throwNothing(): never {
  throw null;
}
