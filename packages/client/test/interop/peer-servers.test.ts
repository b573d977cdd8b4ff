import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AGClientSocket, create } from '../../src/index.js';

// Real sockets against the servers that Asyngular's wire protocol comes from.
const load = createRequire(fileURLToPath(new URL('../../../../peers/', import.meta.url)));

/** Fails with the name of what was awaited instead of hanging. */
async function within<T>(what: string, promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no ${what} after 5 s`)), 5_000);
  });
  return Promise.race([promise, deadline]).finally(() => clearTimeout(timer));
}

describe.each(['asyngular-server', 'socketcluster-server'])('%s', (name) => {
  let http: Server;
  let server: any;
  let client: AGClientSocket;

  beforeEach(async () => {
    http = createServer();
    server = load(name).attach(http, {
      path: '/asyngular/',
      authKey: 'secret',
      authVerifyAlgorithms: ['HS256'],
      ackTimeout: 1_000,
    });
    void (async () => {
      for await (const { socket } of server.listener('connection')) {
        void (async () => {
          for await (const request of socket.procedure('login')) {
            if (request.data?.name) {
              await socket.setAuthToken({ name: request.data.name });
              request.end({ hello: request.data.name });
            } else {
              request.error(Object.assign(new Error('no name'), { name: 'NameError' }));
            }
          }
        })();
        void (async () => {
          for await (const data of socket.receiver('echo')) {
            socket.transmit('echo', data);
          }
        })();
        void (async () => {
          for await (const request of socket.procedure('ask-back')) {
            request.end(await socket.invoke('confirm', request.data));
          }
        })();
        void (async () => {
          for await (const data of socket.receiver('kick')) {
            await socket.kickOut(data, 'out');
          }
        })();
      }
    })();
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    const { port } = http.address() as AddressInfo;
    client = create({ hostname: '127.0.0.1', port });
  });

  afterEach(async () => {
    client.killAllListeners();
    client.disconnect();
    await server.close();
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  });

  it('connects, calls both ways, transmits and gets errors', async () => {
    const { id } = await within('connect', client.listener('connect').once());
    expect(id).toBe(client.id);
    expect(await client.invoke('login', { name: 'Ann' })).toEqual({ hello: 'Ann' });
    expect(client.authToken).toMatchObject({ name: 'Ann' });
    await expect(client.invoke('login')).rejects.toMatchObject({ name: 'NameError' });
    void (async () => {
      for await (const request of client.procedure('confirm')) {
        request.end(`yes, ${request.data}`);
      }
    })();
    expect(await client.invoke('ask-back', 'really')).toBe('yes, really');
    const echo = client.receiver('echo').once();
    await client.transmit('echo', { n: 1 });
    expect(await within('echo', echo)).toEqual({ n: 1 });
  });

  it('subscribes, publishes, is kicked out, and leaves', async () => {
    const channel = client.subscribe('room');
    await within('subscribe', channel.listener('subscribe').once());
    const received = channel.once();
    await client.invokePublish('room', 'hi');
    expect(await within('publication', received)).toBe('hi');
    const kicked = client.listener('kickOut').once();
    await client.transmit('kick', 'room');
    expect(await within('kickOut', kicked)).toEqual({ channel: 'room', message: 'out' });
    expect(client.getChannelState('room')).toBe('unsubscribed');
    channel.subscribe();
    await within('subscribe', channel.listener('subscribe').once());
    channel.unsubscribe();
    expect(client.isSubscribed('room', true)).toBe(false);
  });

  it('authenticates by handshake after a reconnect', async () => {
    await client.invoke('login', { name: 'Ann' });
    const firstId = client.id;
    client.subscribe('room', { waitForAuth: true });
    const connected = client.listener('connect').once();
    const subscribed = client.channel('room').listener('subscribe').once();
    client.reconnect();
    const event = await within('connect', connected);
    expect(event).toMatchObject({ isAuthenticated: true, authToken: client.signedAuthToken });
    expect(event.id).not.toBe(firstId);
    await within('subscribe', subscribed);
    await client.deauthenticate();
    expect(client.authState).toBe('unauthenticated');
    await expect(client.authenticate('not a token')).rejects.toMatchObject({
      name: 'AuthTokenInvalidError',
    });
  });

  it('tells of a refused path as 1006', async () => {
    await within('connect', client.listener('connect').once());
    const aborted = client.listener('connectAbort').once();
    client.connect({ path: '/elsewhere/' });
    expect(await within('connectAbort', aborted)).toEqual({ code: 1006, reason: 'Socket hung up' });
  });
});
