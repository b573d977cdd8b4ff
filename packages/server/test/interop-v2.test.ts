import { describe, expect, it } from 'vitest';
import { loadPeer, peersInstalled } from './support/peers.js';
import { collect, onCleanup, onConnection, startServer, until } from './support/server.js';

// Unmodified published clients of protocol v2 against our server.
describe
  .skipIf(!peersInstalled)
  .each(['socketcluster-client', 'socketcluster-client-16', 'asyngular-client'])('%s', (name) => {
  async function connect(options: Parameters<typeof startServer>[0] = {}) {
    const context = await startServer(options);
    const client = loadPeer(name).create({
      hostname: '127.0.0.1',
      port: context.port,
      path: '/asyngular/',
      autoReconnectOptions: { initialDelay: 10, randomness: 10 },
    });
    onCleanup(() => client.disconnect());
    return { ...context, client };
  }

  it('connects, and calls both ways', async () => {
    const { server, client } = await connect();
    const answers: unknown[] = [];
    onConnection(server, (socket) => {
      (async () => {
        for await (const request of socket.procedure('add')) {
          answers.push(await socket.invoke('confirm', 'sure?'));
          request.end(request.data.a + request.data.b);
        }
      })();
      (async () => {
        for await (const request of socket.procedure('fail')) {
          request.error(Object.assign(new Error('no'), { name: 'CustomError', detail: 7 }));
        }
      })();
    });
    (async () => {
      for await (const request of client.procedure('confirm')) request.end(true);
    })();
    expect(await client.invoke('add', { a: 1, b: 2 })).toBe(3);
    expect(answers).toEqual([true]);
    await expect(client.invoke('fail')).rejects.toMatchObject({
      name: 'CustomError',
      message: 'no',
      detail: 7,
    });
  });

  it('sends and gets one-way messages in order', async () => {
    const { server, client } = await connect();
    const got: unknown[] = [];
    const back: unknown[] = [];
    onConnection(server, (socket) => {
      collect(socket.receiver('note'), (data) => {
        got.push(data);
        socket.transmit('echo', data);
      });
    });
    collect(client.receiver('echo'), (data) => back.push(data));
    await client.listener('connect').once();
    for (let i = 0; i < 20; i++) client.transmit('note', i);
    await until('all are back', () => back.length === 20);
    expect(got).toEqual(back);
    expect(got).toEqual([...Array(20).keys()]);
  });

  it('subscribes, publishes, is kicked out', async () => {
    const { server, client } = await connect();
    const channel = client.subscribe('news');
    const got: unknown[] = [];
    collect(channel, (data) => got.push(data));
    await channel.listener('subscribe').once();
    await server.exchange.invokePublish('news', 'from the exchange');
    await client.invokePublish('news', 'from the client');
    await until('both publications', () => got.length === 2);
    expect(got).toEqual(['from the exchange', 'from the client']);
    const kicked = channel.listener('kickOut').once();
    await Object.values(server.clients)[0]!.kickOut('news', 'bye');
    expect((await kicked).message).toBe('bye');
    expect(channel.state).toBe('unsubscribed');
  });

  it('is given a token, and presents it again after a reconnect', async () => {
    const { server, client } = await connect();
    onConnection(server, (socket) => {
      (async () => {
        for await (const request of socket.procedure('login')) {
          await socket.setAuthToken({ name: request.data });
          request.end();
        }
      })();
    });
    await client.listener('connect').once();
    const authenticated = client.listener('authenticate').once();
    await client.invoke('login', 'ann');
    await authenticated;
    expect(client.authToken.name).toBe('ann');
    const again = client.listener('connect').once();
    Object.values(server.clients)[0]!.terminate();
    expect((await again).isAuthenticated).toBe(true);
    const socket = Object.values(server.clients)[0]!;
    expect(socket.authToken).toMatchObject({ name: 'ann' });
    const removed = client.listener('deauthenticate').once();
    await socket.deauthenticate();
    await removed;
    expect(client.authState).toBe('unauthenticated');
  });

  it('stays connected on heartbeats', async () => {
    const { server, client } = await connect({ pingInterval: 40, pingTimeout: 200 });
    await client.listener('connect').once();
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(client.state).toBe('open');
    expect(server.clientsCount).toBe(1);
    expect(Object.values(server.clients)[0]!.protocolVersion).toBe(2);
  });
});
