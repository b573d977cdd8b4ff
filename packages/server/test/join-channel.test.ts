import { BrokerUnavailableError, memoryBroker } from '@asyngular/broker';
import { within } from '@asyngular/test-utils/wait';
import { describe, expect, it } from 'vitest';
import type { AGServerOptions, AGServerSocket } from '../src/index.js';
import { dataOf, openRecovering, packets } from './support/recovery-client.js';
import { collect, startServer, type TestServer } from './support/server.js';
import { sign } from './support/tokens.js';

const channels = {
  'log:*': { history: { size: 50 }, rewind: 3 },
} satisfies AGServerOptions['channels'];

async function startWithNamed(options: AGServerOptions = {}) {
  const context = await startServer({ channels, ...options });
  const client = await openRecovering(context, { people: { id: 'one' } });
  return { ...context, client, socket: socketIn(context) };
}

function socketIn({ server }: Pick<TestServer, 'server'>): AGServerSocket {
  return Object.values(server.clients).at(-1)!;
}

const joined = (client: { received: any[] }) =>
  packets(client as any).filter(({ event }) => event === '#joined');

describe('socket.joinChannel()', () => {
  it('P18.5 brings the publications of the channel, after the client has been told', async () => {
    const { server, client, socket } = await startWithNamed();
    const events = collect(server.listener('subscription'), ({ channel, byServer }) => [
      channel,
      byServer,
    ]);
    const joining = socket.joinChannel('news');
    void server.exchange.transmitPublish('news', 'at once');
    await joining;
    await server.exchange.transmitPublish('news', 'later');
    await client.settled();
    expect(packets(client).slice(1, 4)).toEqual([
      { event: '#joined', data: { channel: 'news' } },
      { event: '#publish', data: { channel: 'news', data: 'at once' } },
      { event: '#publish', data: { channel: 'news', data: 'later' } },
    ]);
    expect(socket.subscriptions()).toEqual(['news']);
    expect(events).toEqual([['news', true]]);
  });

  it('P18.5 begins a channel with history as a subscription does', async () => {
    const { server, client, socket } = await startWithNamed();
    for (const data of [1, 2, 3, 4]) await server.exchange.invokePublish('log:1', data);
    await socket.joinChannel('log:1');
    await server.exchange.invokePublish('log:1', 5);
    await client.settled();
    expect(joined(client)).toEqual([
      { event: '#joined', data: { channel: 'log:1', position: expect.any(String), rewind: 3 } },
    ]);
    expect(dataOf(client)).toEqual([2, 3, 4, 5]);
    await socket.joinChannel('log:2', { rewind: 0 });
    await client.settled();
    expect(joined(client).at(-1).data.rewind).toBeUndefined();
  });

  it('sends the publications alone to clients that know nothing of it', async () => {
    const context = await startServer({ channels });
    const client = await context.open();
    await socketIn(context).joinChannel('news');
    await context.server.exchange.transmitPublish('news', 1);
    await client.settled();
    expect(packets(client).slice(1, -1)).toEqual([
      { event: '#publish', data: { channel: 'news', data: 1 } },
    ]);
  });

  it('asks no middleware, and goes past the limit of subscriptions', async () => {
    const { server, client, socket } = await startWithNamed({ socketChannelLimit: 1 });
    server.use('inbound', (action) => action.type !== 'subscribe');
    expect((await client.subscribe('a')).error).toBeDefined();
    await socket.joinChannel('a');
    await socket.joinChannel('b');
    expect(socket.subscriptions()).toEqual(['a', 'b']);
  });

  it('changes nothing for a channel that the socket is in', async () => {
    const { client, socket } = await startWithNamed();
    await client.subscribe('news');
    await socket.joinChannel('news');
    await socket.joinChannel('news');
    await client.settled();
    expect(joined(client)).toEqual([]);
  });

  it('ends by kickOut() and by the client, and is gone with the connection', async () => {
    const context = await startWithNamed();
    const { client, socket } = context;
    await socket.joinChannel('news');
    await socket.kickOut('news', 'enough');
    await client.settled();
    expect(packets(client)).toContainEqual({
      event: '#kickOut',
      data: { channel: 'news', message: 'enough' },
    });
    await socket.joinChannel('news');
    expect((await client.request('#unsubscribe', 'news')).error).toBeUndefined();
    expect(socket.subscriptions()).toEqual([]);
    await socket.joinChannel('news');
    client.terminate();
    await openRecovering(context, { people: { id: 'one' } });
    expect(socketIn(context).subscriptions()).toEqual([]);
  });

  it("joins the user's own channel", async () => {
    const { server, open, socket } = await startWithNamed({
      userId: ({ authToken }) => authToken?.sub,
    });
    await expect(socket.joinChannel('#user')).rejects.toThrow('it belongs to no user');
    const client = await open(sign({ sub: 'ada' }));
    await socketIn({ server }).joinChannel('#user');
    expect((await server.user('ada').publish('hi')).connections).toBe(1);
    await client.settled();
    expect(dataOf(client)).toEqual(['hi']);
  });

  it('refuses what cannot be', async () => {
    const { client, socket } = await startWithNamed();
    await expect(socket.joinChannel(5 as any)).rejects.toThrow('A name must be a string');
    await expect(socket.joinChannel('#fleet:all')).rejects.toThrow('is reserved');
    await expect(socket.joinChannel('a', { rewind: -1 })).rejects.toThrow('rewind option');
    await expect(socket.joinChannel('a', { since: 'x' } as any)).rejects.toThrow('Unknown option');
    const closed = socket.listener('close').once();
    client.terminate();
    await within('the close event', closed);
    await expect(socket.joinChannel('a')).rejects.toThrow('this socket is not open');
  });

  it('takes the socket out again when the broker refuses the channel', async () => {
    const broker = memoryBroker();
    broker.subscribe = () => Promise.reject(new BrokerUnavailableError('no more', 'refused'));
    const { client, socket } = await startWithNamed({ broker, channels: {} });
    await expect(socket.joinChannel('news')).rejects.toThrow(
      'Failed to join socket to the news channel - ',
    );
    expect(socket.subscriptions()).toEqual([]);
    await client.settled();
    expect(packets(client).map(({ event }) => event)).toContain('#kickOut');
  });
});
