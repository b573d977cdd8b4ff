import { within } from '@asyngular/test-utils/wait';
import { describe, expect, it } from 'vitest';
import type { AGServerSocket } from '../src/index.js';
import { collect, startServer, startWithClient, until } from './support/server.js';
import { sign } from './support/tokens.js';

const userId = (socket: AGServerSocket) => socket.authToken?.sub;

describe('the userId option', () => {
  it('says whose a socket is before anybody sees the socket', async () => {
    const { server, open } = await startServer({ userId });
    const seen = collect(server.listener('connection'), ({ socket }) => socket.userId);
    await open(sign({ sub: 'ada' }));
    await open();
    await until('both connections', () => seen.length === 2);
    expect(seen).toEqual(['ada', undefined]);
  });

  it('is asked again after each change of the token', async () => {
    const { client, socket } = await startWithClient({ userId });
    const seen = collect(socket.listener('authStateChange'), () => socket.userId);
    expect(socket.userId).toBeUndefined();
    await client.request('#authenticate', sign({ sub: 'ada' }));
    expect(socket.userId).toBe('ada');
    await socket.setAuthToken({ sub: 'bob' });
    expect(socket.userId).toBe('bob');
    await client.request('#authenticate', 'nonsense');
    expect(socket.userId).toBeUndefined();
    await until('two changes', () => seen.length === 2);
    expect(seen).toEqual(['ada', undefined]);
  });

  it('may look at what the application keeps with the socket', async () => {
    const { server, open } = await startServer({ userId: ({ data }) => data.user });
    server.use('handshake', (action) => {
      if (action.type === 'handshakeAG') action.socket.data.user = 'from the cookie';
    });
    await open();
    expect(Object.values(server.clients).map((socket) => socket.userId)).toEqual([
      'from the cookie',
    ]);
  });

  it('leaves the id on a socket that has closed', async () => {
    const { server, open } = await startServer({ userId });
    const closed = server.listener('disconnection').once();
    const client = await open(sign({ sub: 'ada' }));
    client.terminate();
    expect((await within('the disconnection event', closed)).socket.userId).toBe('ada');
  });

  it.each([
    ['a number', () => 7, 'What the userId option returned is 7; it must be a text'],
    ['an empty text', () => '', 'is a text of 0 characters'],
    ['a text of 257 characters', () => 'x'.repeat(257), 'is a text of 257 characters'],
    ['a promise', () => Promise.resolve('ada'), 'The userId option returned a promise'],
    ['a rejection', () => Promise.reject(new Error('no')), 'The userId option returned a promise'],
    [
      'an error',
      () => {
        throw new Error('no such column');
      },
      'no such column',
    ],
  ])('leaves a socket to nobody when it comes to %s', async (_what, make, message) => {
    const { socket, warnings } = await startWithClient({ userId: make as () => string });
    expect(socket.userId).toBeUndefined();
    expect(socket.state).toBe('open');
    expect(warnings.map((warning) => warning.message)).toEqual([expect.stringContaining(message)]);
  });

  it('takes the former id away when it fails at a later token', async () => {
    const { client, socket } = await startWithClient({
      userId: ({ authToken }) => authToken?.sub.toLowerCase(),
    });
    await client.request('#authenticate', sign({ sub: 'Ada' }));
    expect(socket.userId).toBe('ada');
    await client.request('#authenticate', sign({ name: 'Ada' }));
    expect(socket.userId).toBeUndefined();
  });

  it('gives nothing to a socket that it closes', async () => {
    const { server, connect } = await startServer({
      userId: (socket) => {
        socket.disconnect(4500, 'blocked');
        return 'ada';
      },
    });
    const connections = collect(server.listener('connection'));
    const closed = server.listener('disconnection').once();
    const client = connect();
    await client.opened();
    client.send({ event: '#handshake', cid: 1, data: {} });
    expect((await within('the disconnection event', closed)).socket.userId).toBeUndefined();
    expect(await client.whenClosed()).toMatchObject({ code: 4500 });
    expect(connections).toEqual([]);
    expect(server.clientsCount).toBe(0);
  });

  it('must be a function', async () => {
    await expect(startServer({ userId: 'sub' as any })).rejects.toThrow(
      "The userId option of the server is 'sub'; it must be a function of the socket",
    );
  });
});
