import { within } from '@asyngular/test-utils/wait';
import { describe, expect, it } from 'vitest';
import { AGServerSocket } from '../src/index.js';
import { collect, startServer, until } from './support/server.js';

// What the other files leave out of the public surface of events: order and payloads, one by one.

describe('events', () => {
  it('of a socket come with their twins and payloads, in order', async () => {
    const { server, connect } = await startServer();
    const seen: [string, unknown][] = [];
    const strip = ({ socket: _socket, ...rest }: any) => rest;
    const twins = {
      connect: 'connection',
      disconnect: 'disconnection',
      close: 'closure',
      subscribe: 'subscription',
      unsubscribe: 'unsubscription',
      authTokenSigned: 'authTokenSigned',
      authStateChange: 'authenticationStateChange',
      authenticate: 'authentication',
      deauthenticate: 'deauthentication',
      badAuthToken: 'badSocketAuthToken',
    } as const;
    for (const name of Object.values(twins)) {
      collect(server.listener(name), (payload: any) => {
        expect(payload.socket).toBeInstanceOf(AGServerSocket);
        seen.push([`server ${name}`, strip(payload)]);
      });
    }
    const ended: unknown[] = [];
    (async () => {
      for await (const { socket } of server.listener('handshake')) {
        expect(socket.state).toBe('connecting');
        for (const name of Object.keys(twins) as (keyof typeof twins)[]) {
          collect(socket.listener(name), (payload) => seen.push([name, payload]));
        }
        collect(socket.listener('end'), (payload) => ended.push(payload));
      }
    })();
    const client = connect();
    await client.opened();
    await client.handshake();
    const [socket] = Object.values(server.clients);
    await client.subscribe('c', 1);
    await socket!.setAuthToken({ name: 'ann' });
    await client.request('#authenticate', 'bad');
    client.ws.close(4100, 'bye');
    await until('the end', () => ended.length === 1);
    expect(ended).toEqual([undefined]);
    // Pairs: the socket's event, then the server's, with the same payload.
    for (let i = 0; i < seen.length; i += 2) {
      const [name, payload] = seen[i]!;
      expect(seen[i + 1]).toEqual([`server ${twins[name as keyof typeof twins]}`, payload]);
    }
    expect(seen.filter((_, index) => index % 2 === 0).map(([name]) => name)).toEqual([
      'connect',
      'subscribe',
      'authTokenSigned',
      'authStateChange',
      'authenticate',
      'authStateChange',
      'deauthenticate',
      'badAuthToken',
      'disconnect',
      'close',
      'unsubscribe',
    ]);
    const payloadOf = (name: string) => seen.find((entry) => entry[0] === name)?.[1];
    expect(payloadOf('connect')).toEqual({
      id: socket!.id,
      pingTimeout: 20_000,
      isAuthenticated: false,
    });
    expect(payloadOf('subscribe')).toEqual({ channel: 'c', subscriptionOptions: { data: 1 } });
    expect(payloadOf('disconnect')).toEqual({ code: 4100, reason: 'bye' });
    expect(payloadOf('authStateChange')).toMatchObject({
      oldAuthState: 'unauthenticated',
      newAuthState: 'authenticated',
      authToken: { name: 'ann' },
    });
  });

  it('connectAbort and connectionAbort tell of a handshake that was not completed', async () => {
    const { server, connect } = await startServer();
    const aborts: unknown[] = [];
    (async () => {
      for await (const { socket } of server.listener('handshake')) {
        collect(socket.listener('connectAbort'), (payload) => aborts.push(payload));
      }
    })();
    collect(server.listener('connectionAbort'), ({ code }) => aborts.push(code));
    const client = connect();
    await client.opened();
    client.ws.close(4200, 'no');
    await until('both', () => aborts.length === 2);
    expect(aborts).toEqual([{ code: 4200, reason: 'no' }, 4200]);
  });

  it('connect tells why a token was not accepted', async () => {
    const { server, connect } = await startServer();
    const connection = within('a connection', server.listener('connection').once());
    const client = connect();
    await client.opened();
    await client.handshake('bad');
    const event = await connection;
    expect(event.isAuthenticated).toBe(false);
    expect(event.authError).toMatchObject({ name: 'AuthTokenInvalidError', isBadToken: true });
  });
});
