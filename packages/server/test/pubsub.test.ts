import { type Broker, memoryBroker } from '@asyngular/broker';
import { within } from '@asyngular/test-utils/wait';
import { describe, expect, it } from 'vitest';
import { collect, startServer, until } from './support/server.js';

describe('pub/sub', () => {
  it('delivers publications to subscribers, the publisher included, before the ack', async () => {
    const { open } = await startServer();
    const a = await open();
    const b = await open();
    await a.subscribe('c');
    await b.subscribe('c');
    expect(await a.request('#publish', { channel: 'c', data: { n: 1 } })).toEqual({ rid: 3 });
    await b.settled();
    const publication = { event: '#publish', data: { channel: 'c', data: { n: 1 } } };
    expect(b.received).toContainEqual(publication);
    expect(a.received.slice(-2)).toEqual([publication, { rid: 3 }]);
  });

  it('emits subscribe and unsubscribe with their server twins, whitelisted options', async () => {
    const { server, open } = await startServer();
    const events: unknown[] = [];
    const connection = within('a connection', server.listener('connection').once());
    collect(server.listener('subscription'), ({ channel, subscriptionOptions }) =>
      events.push(['subscription', channel, subscriptionOptions]),
    );
    collect(server.listener('unsubscription'), ({ channel }) =>
      events.push(['unsubscription', channel]),
    );
    const client = await open();
    const { socket } = await connection;
    collect(socket.listener('subscribe'), ({ channel }) => events.push(['subscribe', channel]));
    collect(socket.listener('unsubscribe'), ({ channel }) => events.push(['unsubscribe', channel]));
    await client.request('#subscribe', {
      channel: 'c',
      data: { x: 1 },
      waitForAuth: true,
      evil: 1,
    });
    expect(socket.isSubscribed('c')).toBe(true);
    expect(socket.channelSubscriptions).toEqual({ c: true });
    expect(socket.channelSubscriptionsCount).toBe(1);
    expect(await client.request('#unsubscribe', 'c')).toEqual({ rid: 3 });
    expect(socket.subscriptions()).toEqual([]);
    expect(events).toEqual([
      ['subscribe', 'c'],
      ['subscription', 'c', { waitForAuth: true, data: { x: 1 } }],
      ['unsubscribe', 'c'],
      ['unsubscription', 'c'],
    ]);
  });

  it('refuses malformed names, disabled publishing, unknown unsubscriptions', async () => {
    const { server, open } = await startServer();
    const client = await open();
    const message = async (event: string, data: unknown) =>
      (await client.request(event, data)).error.message;
    expect(await message('#subscribe', { channel: 5 })).toBe(
      'Subscribe channel name was malformatted: it is 5, and must be a text',
    );
    expect(await message('#unsubscribe', {})).toBe(
      'Unsubscribe channel name was malformatted: it is undefined, and must be a text',
    );
    expect(await message('#publish', { channel: ['c'] })).toBe(
      'Publish channel name was malformatted: it is a list, and must be a text',
    );
    expect(await message('#unsubscribe', 'c')).toMatch(
      /^Failed to unsubscribe socket from the c channel - InvalidActionError: Socket .* tried to unsubscribe/,
    );
    server.allowClientPublish = false;
    expect(await message('#publish', { channel: 'c' })).toBe(
      'Client publish feature is disabled: the allowClientPublish option of the server is false',
    );
  });

  it('limits subscriptions per socket; a duplicate is free', async () => {
    const { open } = await startServer({ socketChannelLimit: 2 });
    const client = await open();
    await client.subscribe('a');
    await client.subscribe('b');
    expect(await client.subscribe('b')).toEqual({ rid: 4 });
    const refused = await client.subscribe('c');
    expect(refused.error.name).toBe('BrokerError');
    expect(refused.error.message).toMatch(
      /^Failed to subscribe socket to the c channel - InvalidActionError: Socket .* tried to exceed the channel subscription limit of 2$/,
    );
  });

  it('ignores a subscription without call id, with a socket error', async () => {
    const { server, open, warnings } = await startServer();
    const client = await open();
    client.transmit('#subscribe', { channel: 'c' });
    await client.settled();
    expect(Object.values(server.clients)[0]!.subscriptions()).toEqual([]);
    expect(warnings[0]?.name).toBe('InvalidActionError');
  });

  it('has ordinary channels called __proto__, constructor and the empty string (B2)', async () => {
    const { server, open } = await startServer();
    const client = await open();
    for (const channel of ['__proto__', 'constructor', '', '1']) {
      expect((await client.subscribe(channel)).error).toBeUndefined();
      await server.exchange.invokePublish(channel, channel);
      await client.settled();
      expect(client.received).toContainEqual({
        event: '#publish',
        data: { channel, data: channel },
      });
    }
    expect(({} as any)[Object.keys(server.clients)[0]!]).toBeUndefined();
  });

  it('delivers nothing after unsubscribing or disconnecting', async () => {
    const { server, open } = await startServer();
    const client = await open();
    const other = await open();
    await client.subscribe('c');
    await other.subscribe('c');
    await client.request('#unsubscribe', 'c');
    other.terminate();
    await within('the closure', server.listener('closure').once());
    await server.exchange.invokePublish('c', 1);
    await client.settled();
    expect(client.received.some((packet) => packet.event === '#publish')).toBe(false);
    expect(server.stats().channels).toBe(0);
  });

  it('joins equal frames of one turn for many sockets, in order', async () => {
    const { server, open } = await startServer();
    const clients = await Promise.all([...Array(5)].map(() => open()));
    for (const client of clients) await client.subscribe('c');
    await clients[2]!.subscribe('d');
    for (let i = 0; i < 50; i++) {
      server.exchange.transmitPublish('c', i);
      if (i % 10 === 0) server.exchange.transmitPublish('d', 'x'.repeat(70_000));
    }
    for (const client of clients) await client.settled();
    for (const client of clients) {
      const got = client.received.filter((packet) => packet.data?.channel === 'c');
      expect(got.map((packet) => packet.data.data)).toEqual([...Array(50).keys()]);
    }
    expect(clients[2]!.received.filter((packet) => packet.data?.channel === 'd')).toHaveLength(5);
  });

  describe('with a slow broker', () => {
    function slowBroker() {
      const inner = memoryBroker();
      const calls: string[] = [];
      let settle: { resolve: () => void; reject: (error: Error) => void } | undefined;
      const broker: Broker = Object.assign(Object.create(inner), {
        name: 'slow',
        start: (sink: any) => inner.start(sink),
        publish: () => undefined,
        unsubscribe: (channel: string) => void calls.push(`unsubscribe ${channel}`),
        subscribe: (channel: string) => {
          calls.push(`subscribe ${channel}`);
          return new Promise<void>((resolve, reject) => {
            settle = { resolve, reject };
          });
        },
        close: () => inner.close(),
      });
      return { broker, calls, settle: () => settle! };
    }

    it('acknowledges a subscription when the broker has confirmed it', async () => {
      const { broker, calls, settle } = slowBroker();
      const { open } = await startServer({ broker });
      const client = await open();
      const reply = client.subscribe('c');
      await until('the broker is asked', () => calls.length === 1);
      expect(client.received).toHaveLength(1);
      settle().resolve();
      expect(await reply).toEqual({ rid: 2 });
    });

    it('answers BrokerError and forgets the subscription when it refuses', async () => {
      const { broker, calls, settle } = slowBroker();
      const { server, open } = await startServer({ broker });
      const client = await open();
      const reply = client.subscribe('c');
      await until('the broker is asked', () => calls.length === 1);
      settle().reject(new Error('down'));
      expect((await reply).error).toMatchObject({
        name: 'BrokerError',
        message: 'Failed to subscribe socket to the c channel - Error: down',
      });
      expect(Object.values(server.clients)[0]!.subscriptions()).toEqual([]);
      expect(server.stats().channels).toBe(0);
    });

    it('leaves no subscription for a socket that has gone meanwhile', async () => {
      const { broker, calls, settle } = slowBroker();
      const { server, open } = await startServer({ broker });
      const client = await open();
      client.send(client.call('#subscribe', { channel: 'c' }));
      await until('the broker is asked', () => calls.length === 1);
      client.terminate();
      await within('the closure', server.listener('closure').once());
      settle().resolve();
      expect(calls).toEqual(['subscribe c', 'unsubscribe c']);
      expect(server.stats().channels).toBe(0);
    });
  });
});
