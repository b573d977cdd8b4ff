import { PublicError } from '@asyngular/protocol';
import { describe, expect, it } from 'vitest';
import { startServer, startWithClient, until } from './support/server.js';

describe('server.use', () => {
  it('passes actions through several functions in order, each with the data of the one before', async () => {
    const { server, client } = await startWithClient();
    const seen: unknown[] = [];
    server.handle('p', (data) => data);
    server.use('inbound', (action) => {
      seen.push([action.type, action.data]);
      return 'replaced';
    });
    server.use('inbound', async (action) => {
      seen.push([action.type, action.data]);
      await Promise.resolve();
      action.allow({ data: `${action.data} twice` });
    });
    server.use('inbound', (action) => {
      seen.push([action.type, action.data]);
    });
    expect((await client.request('p', 'given')).data).toBe('replaced twice');
    expect(seen).toEqual([
      ['invoke', 'given'],
      ['invoke', 'replaced'],
      ['invoke', 'replaced twice'],
    ]);
  });

  it('asks every function, although one before has allowed the action', async () => {
    const { server, client } = await startWithClient();
    server.handle('p', () => 'reached');
    server.use('inbound', (action) => action.allow());
    server.use('inbound', (action) => action.block(new Error('second thoughts')));
    server.use('inbound', () => expect.unreachable());
    expect((await client.request('p')).error).toMatchObject({ message: 'second thoughts' });
  });

  it('blocks silently by false, and lets pass by true', async () => {
    const { server, client } = await startWithClient();
    server.handle('p', (data) => data);
    server.use('inbound', (action) => action.type !== 'invoke' || action.data === 'good');
    expect((await client.request('p', 'good')).data).toBe('good');
    expect((await client.request('p', 'bad')).error.name).toBe('SilentMiddlewareBlockedError');
  });

  it('blocks by what is thrown: public errors are sent, others are a warning', async () => {
    const { server, client, warnings } = await startWithClient();
    server.use('inbound', (action) => {
      if (action.type === 'invoke' && action.data === 1) throw new PublicError('for you');
      throw new TypeError('secret');
    });
    expect((await client.request('p', 1)).error).toMatchObject({ message: 'for you' });
    const { error } = await client.request('p', 2);
    expect(error.name).toBe('SilentMiddlewareBlockedError');
    expect(JSON.stringify(error)).not.toContain('secret');
    await until('the warnings', () => warnings.length === 2);
    expect(warnings[1]).toMatchObject({
      message: 'A middleware function threw at invoke: secret',
      cause: { name: 'TypeError' },
    });
    expect(client.closed).toBeUndefined();
  });

  it('judges upgrades, and publications for each socket without copying what is not read', async () => {
    const { server, open } = await startServer();
    server.use('handshake', () => {});
    server.use('outbound', ({ socket, channel }) => socket.isSubscribed(channel));
    const client = await open();
    await client.subscribe('news');
    const delivery = client.nextEvent('#publish');
    server.exchange.transmitPublish('news', { big: 1 });
    expect((await delivery).data).toEqual({ channel: 'news', data: { big: 1 } });
    server.use('outbound', (action) => action.allow({ data: 'smaller' }));
    const second = client.nextEvent('#publish');
    server.exchange.transmitPublish('news', { big: 1 });
    expect((await second).data).toEqual({ channel: 'news', data: 'smaller' });
  });

  it('is removed by what it returned, or with the line', async () => {
    const { server, client } = await startWithClient();
    server.handle('p', () => 'reached');
    const block = (): boolean => false;
    const remove = server.use('inbound', block);
    server.use('inbound', block);
    remove();
    expect((await client.request('p')).error.name).toBe('SilentMiddlewareBlockedError');
    remove();
    expect(server.hasMiddleware('inbound')).toBe(false);
    expect((await client.request('p')).data).toBe('reached');
    server.use('inbound', block);
    server.removeMiddleware('inbound');
    expect((await client.request('p')).data).toBe('reached');
  });

  it('refuses a line that has a function in stream form, an unknown line and no function', async () => {
    const { server } = await startServer();
    server.setMiddleware('inbound', async (stream) => {
      for await (const action of stream) action.allow();
    });
    expect(() => server.use('inbound', () => true)).toThrow('has already been set');
    expect(() => server.use('nowhere' as 'inbound', () => true)).toThrow('is not supported');
    expect(() => server.use('outbound', 5 as never)).toThrow('must be a function');
    server.use('outbound', () => true);
    expect(() => server.setMiddleware('outbound', async () => {})).toThrow('already been set');
  });
});

describe('socket.data', () => {
  it('is an object of the socket, whatever the application keeps there', async () => {
    const { server, open } = await startServer<{ socketData: { user: string } }>();
    server.handle('login', (user: string, { socket }) => {
      socket.data.user = user;
    });
    server.handle('who', (_, { socket }) => socket.data.user);
    const [ada, bob] = [await open(), await open()];
    await ada.request('login', 'ada');
    expect((await ada.request('who')).data).toBe('ada');
    expect((await bob.request('who')).data).toBeUndefined();
    const [socket] = Object.values(server.clients);
    socket!.data = { user: 'eve' };
    expect((await ada.request('who')).data).toBe('eve');
  });
});

describe('server.signToken and server.verifyToken', () => {
  it('sign a token that clients may use, with the default expiry', async () => {
    const { server, open } = await startServer({ authDefaultExpiry: 60 });
    const signed = await server.signToken({ name: 'ada' });
    const payload = await server.verifyToken(signed);
    expect(payload).toEqual({ name: 'ada', iat: expect.any(Number), exp: payload.iat! + 60 });
    const client = await open(signed);
    expect(client.received[0].data.isAuthenticated).toBe(true);
  });

  it('take options of signing, and refuse a token of somebody else, or none', async () => {
    const { server } = await startServer();
    const { exp, iat } = await server.verifyToken(await server.signToken({}, { expiresIn: '2h' }));
    expect(exp! - iat!).toBe(7_200);
    const other = await startServer({ authKey: 'another key' });
    const foreign = await other.server.signToken({ name: 'eve' });
    await expect(server.verifyToken(foreign)).rejects.toMatchObject({
      name: 'AuthTokenInvalidError',
    });
    await expect(server.verifyToken(5 as never)).rejects.toMatchObject({ name: 'AuthTokenError' });
    await expect(server.signToken('ada' as never)).rejects.toThrow('must be a plain object');
  });
});
