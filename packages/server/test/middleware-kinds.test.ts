import { describe, expect, it } from 'vitest';
import { startServer, startWithClient } from './support/server.js';

describe('a function of the inbound line that asks for certain actions', () => {
  it('in callback form sees those alone', async () => {
    const { server, client } = await startWithClient();
    const seen: string[] = [];
    server.handle('p', () => 'answer');
    server.use('inbound', ({ type, channel }) => void seen.push(`${type} ${channel}`), {
      actions: ['subscribe'],
    });
    await client.request('p');
    await client.request('#publish', { channel: 'c', data: 1 });
    await client.request('#subscribe', { channel: 'c' });
    expect(seen).toEqual(['subscribe c']);
  });

  it('leaves the others to the functions beside it', async () => {
    const { server, client } = await startWithClient();
    const seen: string[] = [];
    const remove = server.use('inbound', ({ type }) => void seen.push(`one ${type}`), {
      actions: ['invoke'],
    });
    server.use('inbound', ({ type }) => void seen.push(`two ${type}`), { actions: ['subscribe'] });
    server.handle('p', () => 'answer');
    await client.request('p');
    await client.request('#subscribe', { channel: 'c' });
    remove();
    await client.request('p');
    await client.request('#subscribe', { channel: 'd' });
    expect(seen).toEqual(['one invoke', 'two subscribe', 'two subscribe']);
  });

  it('in stream form sees those alone, and blocks them', async () => {
    const { server, client } = await startWithClient();
    server.setMiddleware(
      'inbound',
      async (actions) => {
        for await (const action of actions) action.block(new Error(`no ${action.type}`));
      },
      { actions: ['publishIn', 'authenticate'] },
    );
    server.handle('p', () => 'answer');
    expect((await client.request('p')).data).toBe('answer');
    const published = await client.request('#publish', { channel: 'c', data: 1 });
    expect(published.error).toMatchObject({ message: 'no publishIn' });
    const token = await server.signToken({ name: 'Ada' });
    const { data } = await client.request('#authenticate', token);
    expect(data).toMatchObject({
      isAuthenticated: false,
      authError: { message: 'no authenticate' },
    });
  });

  it('is followed by one without such a wish', async () => {
    const { server, client } = await startWithClient();
    server.use('inbound', () => false, { actions: ['subscribe'] });
    server.removeMiddleware('inbound');
    server.use('inbound', ({ type }) => type !== 'invoke');
    server.handle('p', () => 'answer');
    expect((await client.request('p')).error.name).toBe('SilentMiddlewareBlockedError');
    expect((await client.request('#subscribe', { channel: 'c' })).error).toBeUndefined();
  });

  it('names kinds that there are, on the line that has them', async () => {
    const { server } = await startServer();
    const use = (line: string, options: unknown) => () =>
      server.use(line as 'inbound', () => true, options as { actions: ['invoke'] });
    expect(use('inbound', { actions: ['histroy'] })).toThrow(
      "The actions option of inbound middleware is a list; it must be a list, each element 'transmit' or 'invoke'",
    );
    expect(use('inbound', { actions: [] })).toThrow('and not an empty one');
    expect(use('inbound', { action: ['invoke'] })).toThrow('did you mean actions?');
    expect(use('outbound', { actions: ['invoke'] })).toThrow(
      "Middleware outbound type has no options; only 'inbound' can be asked for certain actions",
    );
    expect(server.hasMiddleware('inbound')).toBe(false);
  });
});
