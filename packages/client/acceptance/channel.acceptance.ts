import { AGChannel } from '@asyngular/client';
import { expect } from 'vitest';
import { change, subscribed } from './support/channels.js';
import { publishAll } from './support/families.js';
import { collect, record } from './support/record.js';
import { row } from './support/suite.js';
import { settle, startServer } from './support/test-server.js';
import { rejection, soon, turn } from './support/within.js';

row('channel/name', 'the name it was asked for', async () => {
  const { client } = await subscribed();
  expect(client.channel('a/b').name).toBe('a/b');
  expect(client.subscribe('foo').name).toBe('foo');
});

row('channel/client', 'the socket', async () => {
  const { client } = await subscribed();
  expect(client.channel('foo').client).toBe(client);
});

row('channel/state', 'pending, subscribed, unsubscribed; assigning throws', async () => {
  const server = await startServer();
  const client = await server.open();
  const channel = client.channel('foo');
  expect(channel.state).toBe('unsubscribed');
  channel.subscribe();
  expect(channel.state).toBe('pending');
  await settle(client);
  expect(channel.state).toBe('subscribed');
  expect(() => {
    (channel as any).state = 'pending';
  }).toThrowError('Cannot directly set channel state');
  client.disconnect();
  expect(channel.state).toBe('pending');
});

row('channel/options', 'a copy while subscribed, else {}; assigning throws', async () => {
  const { client } = await subscribed();
  const channel = client.channel('foo');
  expect(channel.options).toEqual({});
  channel.subscribe({ data: 1, priority: 3, batch: true } as any);
  expect(channel.options).toEqual({ waitForAuth: false, data: 1, priority: 3 });
  (channel.options as any).data = 2;
  expect(channel.options.data).toBe(1);
  expect(() => {
    (channel as any).options = {};
  }).toThrowError('Cannot directly set channel options');
  channel.unsubscribe();
  expect(channel.options).toEqual({});
});

row('channel/PENDING SUBSCRIBED UNSUBSCRIBED', 'on instance, class and socket', async () => {
  const { client } = await subscribed();
  for (const owner of [client.channel('foo'), AGChannel, client]) {
    expect([owner.PENDING, owner.SUBSCRIBED, owner.UNSUBSCRIBED]).toEqual([
      'pending',
      'subscribed',
      'unsubscribed',
    ]);
  }
});

row('channel/event subscribe', '{subscriptionOptions} after the acknowledgement', async () => {
  const { client } = await subscribed();
  const event = client.channel('foo').listener('subscribe').once();
  client.subscribe('foo', { data: 1 });
  expect(await soon('subscribe', event)).toEqual({ subscriptionOptions: { data: 1 } });
});

row(
  'channel/event subscribeFail',
  '{error, subscriptionOptions}, before the socket’s',
  async () => {
    const server = await startServer({
      block: [{ type: 'subscribe', name: 'foo', error: { name: 'Forbidden', message: 'no' } }],
    });
    const client = await server.open();
    const order: string[] = [];
    const channel = client.channel('foo');
    const own = record(channel, ['subscribeFail'], () => order.push('channel'));
    const socket = record(client, ['subscribeFail'], () => order.push('socket'));
    channel.subscribe();
    const failure = await own.until('subscribeFail');
    expect(failure.error.name).toBe('Forbidden');
    expect(failure).toMatchObject({ subscriptionOptions: {} });
    expect(failure).not.toHaveProperty('channel');
    await socket.until('subscribeFail');
    expect(order).toEqual(['channel', 'socket']);
  },
);

row(
  'channel/event unsubscribe',
  '{} when it leaves subscribed, before the socket’s disconnect',
  async () => {
    const { client } = await subscribed('foo');
    const order: string[] = [];
    const own = record(client.channel('foo'), ['unsubscribe'], () => order.push('unsubscribe'));
    record(client, ['disconnect'], () => order.push('disconnect'));
    client.disconnect();
    expect(client.channel('foo').state).toBe('pending');
    expect(await own.until('unsubscribe')).toEqual({});
    await turn();
    expect(order).toEqual(['unsubscribe', 'disconnect']);
  },
);

row(
  'channel/event subscribeStateChange',
  'both states, the options with subscribed; comes first',
  async () => {
    const { client } = await subscribed();
    const order: string[] = [];
    const names = ['subscribe', 'unsubscribe', change];
    const own = record(client.channel('foo'), names, (name) => order.push(`channel ${name}`));
    const socket = record(client, names, (name) => order.push(`socket ${name}`));
    client.subscribe('foo', { data: 1 });
    await settle(client);
    client.unsubscribe('foo');
    await socket.until('unsubscribe');
    expect(own.of(change).map((event) => [event.oldChannelState, event.newChannelState])).toEqual([
      ['unsubscribed', 'pending'],
      ['pending', 'subscribed'],
      ['subscribed', 'unsubscribed'],
    ]);
    expect(own.of(change)[1].subscriptionOptions).toEqual({ data: 1 });
    expect(order.slice(2)).toEqual([
      `channel ${change}`,
      'channel subscribe',
      `socket ${change}`,
      'socket subscribe',
      `channel ${change}`,
      'channel unsubscribe',
      `socket ${change}`,
      'socket unsubscribe',
    ]);
  },
);

row('channel/event kickOut', '{message}, after the socket’s and before unsubscribe', async () => {
  const { server, client } = await subscribed('foo');
  const order: string[] = [];
  const own = record(client.channel('foo'), ['kickOut', 'unsubscribe'], (name) =>
    order.push(`channel ${name}`),
  );
  record(client, ['kickOut'], () => order.push('socket kickOut'));
  await server.run('kickOut', 'foo', { why: 'rude' });
  await own.until('unsubscribe');
  expect(own.of('kickOut')).toEqual([{ message: { why: 'rude' } }]);
  expect(order).toEqual(['socket kickOut', 'channel kickOut', 'channel unsubscribe']);
});

row('channel/subscribe(options?)', 'as the socket’s; returns the channel', async () => {
  const { client } = await subscribed();
  const channel = client.channel('foo');
  expect(channel.subscribe({ data: 1 })).toBe(channel);
  await settle(client);
  expect(client.isSubscribed('foo')).toBe(true);
});

row('channel/unsubscribe()', 'as the socket’s', async () => {
  const { client } = await subscribed('foo');
  expect(client.channel('foo').unsubscribe()).toBe(undefined);
  expect(client.isSubscribed('foo', true)).toBe(false);
});

row('channel/isSubscribed(includePending?)', 'as the socket’s', async () => {
  const { client } = await subscribed('foo');
  expect(client.channel('foo').isSubscribed()).toBe(true);
  const pending = client.subscribe('bar');
  expect([pending.isSubscribed(), pending.isSubscribed(true)]).toEqual([false, true]);
});

row('channel/transmitPublish(data)', 'publishes and resolves at once', async () => {
  const { client } = await subscribed('foo');
  const got = collect(client.channel('foo'));
  expect(await client.channel('foo').transmitPublish(1)).toBe(undefined);
  await got.until(1);
});

row('channel/invokePublish(data)', 'publishes and resolves when processed', async () => {
  const { client } = await subscribed('foo');
  const got = collect(client.channel('foo'));
  expect(await client.channel('foo').invokePublish(1)).toBe(undefined);
  await turn();
  expect(got.values).toEqual([1]);
});

row('channel/listener(event)', 'an iterable of that event of that channel only', async () => {
  const { client } = await subscribed();
  const own = collect(client.channel('a').listener('subscribe'));
  // A name made of both must not meet the same stream.
  const other = collect(client.channel('a/subscribe').listener('x' as never));
  client.subscribe('b');
  client.subscribe('a/subscribe');
  client.subscribe('a');
  await settle(client);
  await own.until(1);
  expect(own.values).toHaveLength(1);
  expect(other.values).toEqual([]);
});

row('channel/listener(event)', 'event b/subscribe of a is not event subscribe of a/b', async () => {
  const { client } = await subscribed();
  const collision = collect(client.channel('a').listener('b/subscribe' as never));
  const own = collect(client.channel('a/b').listener('subscribe'));
  client.subscribe('a/b');
  await own.until(1);
  expect(collision.values).toEqual([]);
});

row('channel/createConsumer(timeout?)', 'reads the output at its own pace', async () => {
  const { server, client } = await subscribed('foo');
  const consumer = client.channel('foo').createConsumer();
  await publishAll(server, client, 'foo', [1, 2]);
  expect(consumer.getBackpressure()).toBe(2);
  expect(await consumer.next()).toEqual({ value: 1, done: false });
  const limited = client.channel('foo').createConsumer(15);
  expect((await rejection('the limit', limited.next())).name).toBe('TimeoutError');
});

row('channel/once(timeout?)', 'the next publication', async () => {
  const { server, client } = await subscribed('foo');
  const once = client.channel('foo').once();
  await publishAll(server, client, 'foo', [1, 2]);
  expect(await soon('once', once)).toBe(1);
  expect((await rejection('the limit', client.channel('foo').once(15))).name).toBe('TimeoutError');
});

row('channel/next(timeout?)', 'the next packet', async () => {
  const { server, client } = await subscribed('foo');
  const next = client.channel('foo').next();
  await publishAll(server, client, 'foo', [1]);
  expect(await soon('next', next)).toEqual({ value: 1, done: false });
});

row('channel/[Symbol.asyncIterator]', 'a loop gets publications of others in order', async () => {
  const { server, client } = await subscribed('foo');
  const got = collect(client.channel('foo'));
  const publisher = await server.open();
  for (const value of [1, 2, 3]) {
    await publisher.invokePublish('foo', value);
  }
  await got.until(3);
  client.closeChannel('foo');
  expect(await got.untilEnded()).toEqual([1, 2, 3]);
});

row('channels/getChannelState(name)', 'the state of the subscription', async () => {
  const { client } = await subscribed('foo');
  client.subscribe('bar', { waitForAuth: true });
  expect(['foo', 'bar', 'baz'].map((name) => client.getChannelState(name))).toEqual([
    'subscribed',
    'pending',
    'unsubscribed',
  ]);
});

row('channels/getChannelOptions(name)', 'the options of the subscription', async () => {
  const { client } = await subscribed();
  client.subscribe('bar', { waitForAuth: true });
  expect(client.getChannelOptions('bar')).toEqual({ waitForAuth: true });
  expect(client.getChannelOptions('baz')).toEqual({});
});
