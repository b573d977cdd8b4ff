import { MemoryHub, memoryBroker } from '@asyngular/broker';
import { describe, expect, it } from 'vitest';
import { collect, startServer, until } from './support/server.js';

describe('exchange', () => {
  it('subscribes at once, delivers by reference and from clients, and leaves', async () => {
    const { server, open } = await startServer();
    const { exchange } = server;
    const events: unknown[] = [];
    const channel = exchange.channel('c');
    collect(channel.listener('subscribe'), (event) => events.push(['channel subscribe', event]));
    collect(channel.listener('subscribeStateChange'), (event) =>
      events.push(['state', event.newChannelState]),
    );
    collect(exchange.listener('subscribe'), (event) => events.push(['subscribe', event]));
    collect(exchange.listener('unsubscribe'), (event) => events.push(['unsubscribe', event]));
    const got: unknown[] = [];
    collect(exchange.subscribe('c'), (data) => got.push(data));
    expect(channel.state).toBe('subscribed');
    expect(channel.options).toEqual({});
    expect(exchange.subscriptions()).toEqual(['c']);
    expect(exchange.isSubscribed('c')).toBe(true);
    const data = { n: 1 };
    await exchange.transmitPublish('c', data);
    const client = await open();
    await client.request('#publish', { channel: 'c', data: { n: 2 } });
    expect(got[0]).toBe(data);
    expect(got[1]).toEqual({ n: 2 });
    await exchange.unsubscribe('c');
    expect(exchange.isSubscribed('c')).toBe(false);
    await exchange.invokePublish('c', 3);
    await client.settled();
    expect(got).toHaveLength(2);
    expect(events).toEqual([
      ['state', 'subscribed'],
      ['channel subscribe', {}],
      ['subscribe', { channel: 'c' }],
      ['state', 'unsubscribed'],
      ['unsubscribe', { channel: 'c' }],
    ]);
  });

  it('rejects data that has no encoding, for clients too', async () => {
    const { server } = await startServer();
    const cyclic: any = {};
    cyclic.self = cyclic;
    await expect(server.exchange.transmitPublish('c', cyclic)).rejects.toThrow(/circular/i);
    await expect(server.exchange.invokePublish('c', cyclic)).rejects.toThrow(/circular/i);
    await expect(server.exchange.transmitPublish(5 as any, 1)).rejects.toMatchObject({
      name: 'InvalidArgumentsError',
    });
  });

  it('counts backlogs, and ends everything on destroy', async () => {
    const { server } = await startServer();
    const { exchange } = server;
    const consumer = exchange.subscribe('c').createConsumer();
    exchange.transmitPublish('c', 1);
    exchange.transmitPublish('c', 2);
    expect(exchange.getBackpressure()).toBe(2);
    expect(exchange.id).toBe('exchange');
    exchange.destroy();
    expect(exchange.subscriptions()).toEqual([]);
    expect([(await consumer.next()).value, (await consumer.next()).value]).toEqual([1, 2]);
    expect((await consumer.next()).done).toBe(true);
  });

  it('hears what other servers publish on the same broker', async () => {
    const hub = new MemoryHub();
    const first = await startServer({ broker: memoryBroker({ hub }) });
    const second = await startServer({ broker: memoryBroker({ hub }) });
    const got: unknown[] = [];
    collect(second.server.exchange.subscribe('c'), (data) => got.push(data));
    const client = await second.open();
    await client.subscribe('c');
    await first.server.exchange.transmitPublish('c', { n: 1 });
    const sender = await first.open();
    await sender.request('#publish', { channel: 'c', data: 2 });
    await until('both', () => got.length === 2);
    await client.settled();
    expect(got).toEqual([{ n: 1 }, 2]);
    expect(client.received.filter(({ event }) => event === '#publish')).toHaveLength(2);
  });
});
