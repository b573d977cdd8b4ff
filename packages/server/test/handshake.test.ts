import type { IncomingHttpHeaders } from 'node:http';
import { blockFor } from '@asyngular/test-utils/clock';
import { FrameClient } from '@asyngular/test-utils/frame-client';
import { describe, expect, it } from 'vitest';
import { collect, onCleanup, onConnection, startServer, until } from './support/server.js';

describe('handshake', () => {
  it('answers with id, pingTimeout and isAuthenticated (P4.3)', async () => {
    const { connect, server } = await startServer();
    const client = connect();
    await client.opened();
    const reply = await client.handshake();
    expect(reply).toEqual({
      rid: 1,
      data: {
        id: expect.stringMatching(/^[\w-]{20}$/),
        pingTimeout: 20_000,
        isAuthenticated: false,
      },
    });
    expect(Object.keys(server.clients)).toEqual([reply.data.id]);
    expect(server.clientsCount).toBe(1);
    expect(server.pendingClientsCount).toBe(0);
  });

  it('emits handshake, connect and connection in order', async () => {
    const { server, open } = await startServer();
    const events: string[] = [];
    (async () => {
      for await (const { socket } of server.listener('handshake')) {
        events.push(`handshake ${socket.state}`);
        collect(socket.listener('connect'), () => events.push('connect'));
      }
    })();
    collect(server.listener('connection'), (event) =>
      events.push(`connection ${event.socket.state} ${event.isAuthenticated}`),
    );
    await open();
    await until('connection', () => events.length === 3);
    expect(events).toEqual(['handshake connecting', 'connect', 'connection open false']);
  });

  it('delivers packets batched with the handshake to handlers of the connection loop', async () => {
    const { server, connect } = await startServer();
    const got: unknown[] = [];
    onConnection(server, (socket) => {
      collect(socket.receiver('greet'), (data) => got.push(data));
      (async () => {
        for await (const request of socket.procedure('echo')) request.end(request.data);
      })();
    });
    const client = connect();
    await client.opened();
    const handshake = client.call('#handshake', {});
    const call = client.call('echo', 'x');
    const reply = client.response(call.cid);
    client.send([handshake, { event: 'greet', data: 1 }, call]);
    expect((await reply).data).toBe('x');
    expect(got).toEqual([1]);
  });

  it('P4.10 closes 4009 when anything comes first, a pong included', async () => {
    const { connect } = await startServer();
    for (const first of [{ event: 'x' }, '', 'raw', '{"rid":1}']) {
      const client = connect();
      await client.opened();
      client.send(first);
      expect((await client.whenClosed()).code).toBe(4009);
    }
  });

  it('closes 4008 for a handshake without call id', async () => {
    const { connect, warnings } = await startServer();
    const client = connect();
    await client.opened();
    client.send({ event: '#handshake', data: {} });
    expect((await client.whenClosed()).code).toBe(4008);
    expect(warnings[0]?.message).toBe(
      'Handshake request was malformatted: it has no cid, and must be a call',
    );
  });

  it.each([[5], [true], [{}], [['a.b.c']]])(
    'refuses a token that is %j (P4.2)',
    async (authToken) => {
      const shown: unknown[] = [];
      const authEngine = {
        verifyToken: async (signedToken: unknown) => void shown.push(signedToken),
        signToken: async () => '',
      };
      const { server, connect } = await startServer({ authEngine });
      const client = connect();
      await client.opened();
      const { data } = await client.request('#handshake', { authToken });
      expect(data).toMatchObject({
        isAuthenticated: false,
        authError: { name: 'AuthTokenError', code: 'ERR_AUTH_TOKEN', isBadToken: true },
      });
      await until('the removal', () => client.received.at(-1).event === '#removeAuthToken');
      expect(server.clients[data.id]?.authState).toBe('unauthenticated');
      expect(shown).toEqual([]);
    },
  );

  it.each([[''], [0], [false], [null]])('takes %j for no token (P4.2)', async (authToken) => {
    const { connect } = await startServer();
    const client = connect();
    await client.opened();
    const { data } = await client.request('#handshake', { authToken });
    expect(data.isAuthenticated).toBe(false);
    expect(data.authError).toBeUndefined();
  });

  it('rejects a second handshake and counts the client once', async () => {
    const { server, open } = await startServer();
    const client = await open();
    const second = await client.request('#handshake', {});
    expect(second.error.name).toBe('InvalidActionError');
    expect(server.clientsCount).toBe(1);
    client.close();
    await until('the client is gone', () => server.clientsCount === 0);
  });

  it('a handshake that came while the process was busy past its deadline is answered', async () => {
    const { url } = await startServer({ handshakeTimeout: 500 });
    const client = new FrameClient(url);
    onCleanup(() => client.socket.destroy());
    await until('the upgrade', () => client.response !== '');
    client.sendText('{"event":"#handshake","data":{"authToken":null},"cid":1}');
    blockFor(700);
    await until(
      'the answer',
      () => client.frames.length > 0,
      () => client,
    );
    expect(client.texts).toEqual([expect.stringContaining('"rid":1')]);
  });

  it('closes 4005 after handshakeTimeout', async () => {
    const { server, connect } = await startServer({ handshakeTimeout: 50 });
    const aborts = collect(server.listener('connectionAbort'), ({ code }) => code);
    const client = connect();
    expect((await client.whenClosed()).code).toBe(4005);
    expect(aborts).toEqual([4005]);
    expect(server.pendingClientsCount).toBe(0);
  });

  it('has one deadline for the handshake, a stuck middleware included', async () => {
    const { server, connect } = await startServer({ handshakeTimeout: 80 });
    server.setMiddleware('handshake', async (stream) => {
      for await (const action of stream) if (action.type === 'handshakeWS') action.allow();
    });
    const client = connect();
    await client.opened();
    client.send(client.call('#handshake', {}));
    expect((await client.whenClosed()).code).toBe(4005);
    expect(server.pendingClientsCount).toBe(0);
    expect(server.clientsCount).toBe(0);
  });

  it('cuts an upgrade that a middleware never settles', async () => {
    const { server, connect } = await startServer({ handshakeTimeout: 80 });
    server.setMiddleware('handshake', async (stream) => {
      for await (const _action of stream) await new Promise(() => {});
    });
    expect((await connect().whenClosed()).code).toBe(1006);
  });

  it('emits no connection for a client that leaves during the handshake', async () => {
    const { server, connect } = await startServer();
    let release: (() => void) | undefined;
    server.setMiddleware('handshake', async (stream) => {
      for await (const action of stream) {
        if (action.type === 'handshakeAG')
          await new Promise<void>((done) => {
            release = done;
          });
        action.allow();
      }
    });
    const events: string[] = [];
    for (const name of ['connection', 'connectionAbort', 'disconnection', 'closure'] as const) {
      collect(server.listener(name), () => events.push(name));
    }
    const client = connect();
    await client.opened();
    client.send(client.call('#handshake', {}));
    await until('the middleware has the handshake', () => release !== undefined);
    expect(server.pendingClientsCount).toBe(1);
    client.terminate();
    await until('the abort', () => events.includes('closure'));
    release!();
    await new Promise((resolve) => setImmediate(resolve));
    expect(events).toEqual(['connectionAbort', 'closure']);
  });

  it('P4.11 without strictHandshake lets messages through, but no calls, publishes and subscriptions', async () => {
    const { server, connect } = await startServer({ strictHandshake: false });
    const got: unknown[] = [];
    (async () => {
      for await (const { socket } of server.listener('handshake')) {
        collect(socket.receiver('early'), (data) => got.push(data));
        collect(socket.listener('raw'), ({ message }) => got.push(message));
      }
    })();
    const client = connect();
    await client.opened();
    client.transmit('early', 1);
    client.send('text');
    const subscribed = await client.subscribe('c');
    expect(subscribed.error.message).toBe(
      'Cannot subscribe socket to a channel before it has completed the handshake',
    );
    expect((await client.request('anything')).error.name).toBe('InvalidActionError');
    expect((await client.request('#publish', { channel: 'c' })).error.name).toBe(
      'InvalidActionError',
    );
    expect(got).toEqual([1, 'text']);
  });

  it('limits pending handshakes with maxPendingClients', async () => {
    const { server, connect } = await startServer({ maxPendingClients: 1 });
    const first = connect();
    await first.opened();
    await until('one is pending', () => server.pendingClientsCount === 1);
    expect((await connect().whenClosed()).code).toBe(1006);
    await first.handshake();
    await connect().opened();
  });

  it('keeps no headers object for the life of a socket, and reads the same when asked again', async () => {
    const { server, open } = await startServer();
    const seen: { headers: IncomingHttpHeaders; copy: IncomingHttpHeaders }[] = [];
    server.setMiddleware('handshake', async (stream) => {
      for await (const { request, type, allow } of stream) {
        if (type === 'handshakeAG' && server.clientsCount === 1) request.headers['x-user'] = 'eve';
        if (type === 'handshakeAG')
          seen.push({ headers: request.headers, copy: { ...request.headers } });
        allow();
      }
    });
    const sockets = collect(server.listener('connection'), ({ socket }) => socket);
    await open();
    await open();
    await until('both have connected', () => sockets.length === 2);
    const [plain, changed] = sockets.map(({ request }) => request.headers);
    expect(plain).toEqual(seen[0]!.copy);
    expect(plain).toHaveProperty('sec-websocket-version', '13');
    expect(plain).not.toBe(seen[0]!.headers);
    expect(changed).toEqual({ ...seen[1]!.copy, 'x-user': 'eve' });
    expect(changed).toBe(seen[1]!.headers);
  });
});
