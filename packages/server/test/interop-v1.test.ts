import { describe, expect, it } from 'vitest';
import { loadPeer, peersInstalled } from './support/peers.js';
import { collect, onCleanup, onConnection, startServer, until } from './support/server.js';

// SocketCluster 14 speaks protocol v1; protocolVersion is left at its default on purpose.
describe.skipIf(!peersInstalled)('socketcluster-client 14 (v1)', () => {
  function create(port: number) {
    const client = loadPeer('socketcluster-client-14').create({
      hostname: '127.0.0.1',
      port,
      path: '/asyngular/',
      multiplex: false,
      autoReconnectOptions: { initialDelay: 10, randomness: 10 },
    });
    client.on('error', () => {});
    onCleanup(() => client.destroy());
    return client;
  }
  const once = (emitter: any, event: string) =>
    new Promise<any>((resolve) => emitter.once(event, resolve));

  it('calls both ways, subscribes, publishes, authenticates, is kicked out', async () => {
    const { server, port } = await startServer();
    const answers: unknown[] = [];
    onConnection(server, (socket) => {
      (async () => {
        for await (const request of socket.procedure('login')) {
          answers.push(await socket.invoke('confirm', 1));
          await socket.setAuthToken({ name: request.data });
          request.end('ok');
        }
      })();
    });
    const client = create(port);
    client.on('confirm', (_data: unknown, respond: (error: null, data: unknown) => void) =>
      respond(null, 'yes'),
    );
    await once(client, 'connect');
    const authenticated = once(client, 'authenticate');
    const result = await new Promise((resolve, reject) =>
      client.emit('login', 'ann', (error: unknown, data: unknown) =>
        error ? reject(error) : resolve(data),
      ),
    );
    expect(result).toBe('ok');
    expect(answers).toEqual(['yes']);
    await authenticated;
    expect(client.authToken.name).toBe('ann');

    const channel = client.subscribe('news');
    await once(channel, 'subscribe');
    const got: unknown[] = [];
    channel.watch((data: unknown) => got.push(data));
    await new Promise((resolve) => channel.publish('hello', resolve));
    await until('the publication', () => got.length === 1);
    const kicked = once(channel, 'kickOut');
    await Object.values(server.clients)[0]!.kickOut('news', 'bye');
    expect(await kicked).toBe('bye');
  });

  it('shares a port with v2 clients; each keeps its own heartbeat', async () => {
    const { server, port } = await startServer({ pingInterval: 40, pingTimeout: 400 });
    // Loading it takes long enough to stop the event loop past a ping timeout.
    loadPeer('socketcluster-client');
    const old = create(port);
    await once(old, 'connect');
    const current = loadPeer('socketcluster-client').create({
      hostname: '127.0.0.1',
      port,
      path: '/asyngular/',
    });
    onCleanup(() => current.disconnect());
    await current.listener('connect').once();
    const closures = collect(server.listener('closure'), ({ code }) => code);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(closures).toEqual([]);
    expect(old.state).toBe('open');
    expect(current.state).toBe('open');
    expect(Object.values(server.clients).map((socket) => socket.protocolVersion)).toEqual([1, 2]);
  });

  it('disconnects with code and reason sent ahead of the close (P11.4)', async () => {
    const { server, port } = await startServer();
    const client = create(port);
    await once(client, 'connect');
    const closed = server.listener('disconnection').once();
    client.disconnect(4567, 'enough');
    expect(await closed).toMatchObject({ code: 4567, reason: 'enough' });
  });
});
