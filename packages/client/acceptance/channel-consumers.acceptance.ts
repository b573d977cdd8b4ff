import { expect } from 'vitest';
import { change, flip, subscribed } from './support/channels.js';
import { publishAll } from './support/families.js';
import { collect } from './support/record.js';
import { row } from './support/suite.js';
import { soon } from './support/within.js';

row('channel/killOutputConsumer(id)', 'only if the consumer is of this channel', async () => {
  const { client } = await subscribed('foo', 'bar');
  const consumer = client.channel('foo').createConsumer();
  const other = client.channel('foo').createConsumer();
  client.channel('bar').killOutputConsumer(consumer.id);
  expect(client.channel('foo').hasOutputConsumer(consumer.id)).toBe(true);
  client.channel('foo').killOutputConsumer(consumer.id);
  expect(await soon('the kill', consumer.next())).toMatchObject({ done: true });
  client.killChannelOutputConsumer(other.id);
  expect(await soon('the kill', other.next())).toMatchObject({ done: true });
});

row('channel/killListenerConsumer(id)', 'only if the consumer is of this channel', async () => {
  const { client } = await subscribed('foo', 'bar');
  const consumer = client.channel('foo').listener('subscribe').createConsumer();
  const other = client.channel('foo').listener(change).createConsumer();
  client.channel('bar').killListenerConsumer(consumer.id);
  expect(client.channel('foo').hasAnyListenerConsumer(consumer.id)).toBe(true);
  client.channel('foo').killListenerConsumer(consumer.id);
  expect(await soon('the kill', consumer.next())).toMatchObject({ done: true });
  client.killChannelListenerConsumer(other.id);
  expect(await soon('the kill', other.next())).toMatchObject({ done: true });
});

row('channel/getOutputConsumerStats(id)', 'undefined for consumers of others', async () => {
  const { server, client } = await subscribed('foo', 'bar');
  const { id } = client.channel('foo').createConsumer(60_000);
  await publishAll(server, client, 'foo', [1, 2]);
  const stats = { id, backpressure: 2, stream: 'foo', timeout: 60_000 };
  expect(client.channel('foo').getOutputConsumerStats(id)).toEqual(stats);
  expect(client.getChannelOutputConsumerStats(id)).toEqual(stats);
  expect(client.channel('bar').getOutputConsumerStats(id)).toBe(undefined);
});

row('channel/getListenerConsumerStats(id)', 'undefined for consumers of others', async () => {
  const { client } = await subscribed();
  const { id } = client.channel('foo').listener(change).createConsumer();
  flip(client, 'foo');
  const stats = { id, backpressure: 2, stream: `foo/${change}` };
  expect(client.channel('foo').getListenerConsumerStats(id)).toEqual(stats);
  expect(client.getChannelListenerConsumerStats(id)).toEqual(stats);
  expect(client.channel('bar').getListenerConsumerStats(id)).toBe(undefined);
});

row('channel/getOutputConsumerStatsList()', 'consumers of the output in order', async () => {
  const { client } = await subscribed();
  const ids = [1, 2].map(() => client.channel('foo').createConsumer().id);
  client.channel('foo/bar').createConsumer();
  const list = ids.map((id) => ({ id, backpressure: 0, stream: 'foo' }));
  expect(client.channel('foo').getOutputConsumerStatsList()).toEqual(list);
  expect(client.channelGetOutputConsumerStatsList('foo')).toEqual(list);
});

row('channel/getListenerConsumerStatsList(event)', 'consumers of that event', async () => {
  const { client } = await subscribed();
  const { id } = client.channel('foo').listener('subscribe').createConsumer();
  client.channel('foo').listener('kickOut').createConsumer();
  const list = [{ id, backpressure: 0, stream: 'foo/subscribe' }];
  expect(client.channel('foo').getListenerConsumerStatsList('subscribe')).toEqual(list);
  expect(client.channelGetListenerConsumerStatsList('foo', 'subscribe')).toEqual(list);
});

row('channel/getAllListenersConsumerStatsList()', 'consumers of all its events', async () => {
  const { client } = await subscribed();
  const ids = (['subscribe', 'kickOut'] as const).map(
    (event) => client.channel('foo').listener(event).createConsumer().id,
  );
  client.channel('foo/bar').listener('subscribe').createConsumer();
  for (const list of [
    client.channel('foo').getAllListenersConsumerStatsList(),
    client.channelGetAllListenersConsumerStatsList('foo'),
  ]) {
    expect(list.map((stats) => [stats.id, stats.stream])).toEqual([
      [ids[0], 'foo/subscribe'],
      [ids[1], 'foo/kickOut'],
    ]);
  }
});

row('channel/getBackpressure()', 'the higher of output and listeners', async () => {
  const { server, client } = await subscribed('foo');
  client.channel('foo').createConsumer();
  client.channel('foo').listener(change).createConsumer();
  await publishAll(server, client, 'foo', [1]);
  client.unsubscribe('foo');
  flip(client, 'foo');
  expect(client.channel('foo').getBackpressure()).toBe(3);
  expect(client.getChannelBackpressure('foo')).toBe(3);
  client.channel('foo').killAllListeners();
  expect(client.channel('foo').getBackpressure()).toBe(1);
  expect(client.channel('foo/bar').getBackpressure()).toBe(0);
});

row('channel/getOutputBackpressure()', 'falls as a loop reads', async () => {
  const { server, client } = await subscribed('foo');
  const values = Array.from({ length: 20 }, (_, index) => index);
  const seen: number[] = [];
  const loop = collect(client.channel('foo'), () =>
    seen.push(client.channel('foo').getOutputBackpressure()),
  );
  await publishAll(server, client, 'foo', values);
  await loop.until(20);
  expect(seen).toEqual([...values].reverse());
  expect(client.channelGetOutputBackpressure('foo')).toBe(0);
});

row('channel/getListenerBackpressure(event)', 'of that event', async () => {
  const { client } = await subscribed();
  client.channel('foo').listener(change).createConsumer();
  client.channel('foo').listener('subscribe').createConsumer();
  flip(client, 'foo');
  expect(client.channel('foo').getListenerBackpressure(change)).toBe(2);
  expect(client.channelGetListenerBackpressure('foo', change)).toBe(2);
  expect(client.channelGetListenerBackpressure('foo', 'subscribe')).toBe(0);
});

row('channel/getAllListenersBackpressure()', 'the highest of its events', async () => {
  const { client } = await subscribed();
  client.channel('foo').listener(change).createConsumer();
  client.channel('foo').listener('subscribe').createConsumer();
  client.channel('foo/bar').listener(change).createConsumer();
  flip(client, 'foo');
  flip(client, 'foo/bar');
  flip(client, 'foo/bar');
  expect(client.channel('foo').getAllListenersBackpressure()).toBe(2);
  expect(client.channelGetAllListenersBackpressure('foo')).toBe(2);
});

row('channel/getOutputConsumerBackpressure(id)', '0 for consumers of others', async () => {
  const { server, client } = await subscribed('foo');
  const { id } = client.channel('foo').createConsumer();
  await publishAll(server, client, 'foo', [1, 2]);
  expect(client.channel('foo').getOutputConsumerBackpressure(id)).toBe(2);
  expect(client.getChannelOutputConsumerBackpressure(id)).toBe(2);
  expect(client.channel('bar').getOutputConsumerBackpressure(id)).toBe(0);
});

row('channel/getListenerConsumerBackpressure(id)', '0 for consumers of others', async () => {
  const { client } = await subscribed();
  const { id } = client.channel('foo').listener(change).createConsumer();
  flip(client, 'foo');
  expect(client.channel('foo').getListenerConsumerBackpressure(id)).toBe(2);
  expect(client.getChannelListenerConsumerBackpressure(id)).toBe(2);
  expect(client.channel('bar').getListenerConsumerBackpressure(id)).toBe(0);
});

row('channel/hasOutputConsumer(id)', 'of this channel', async () => {
  const { client } = await subscribed();
  const { id } = client.channel('foo').createConsumer();
  expect(client.channel('foo').hasOutputConsumer(id)).toBe(true);
  expect(client.channelHasOutputConsumer('foo', id)).toBe(true);
  expect(client.channel('bar').hasOutputConsumer(id)).toBe(false);
});

row('channel/hasListenerConsumer(event,id)', 'of this event of this channel', async () => {
  const { client } = await subscribed();
  const { id } = client.channel('foo').listener('subscribe').createConsumer();
  expect(client.channel('foo').hasListenerConsumer('subscribe', id)).toBe(true);
  expect(client.channelHasListenerConsumer('foo', 'subscribe', id)).toBe(true);
  expect(client.channel('foo').hasListenerConsumer('kickOut', id)).toBe(false);
  expect(client.channel('bar').hasListenerConsumer('subscribe', id)).toBe(false);
});

row('channel/hasAnyListenerConsumer(id)', 'of any event of this channel', async () => {
  const { client } = await subscribed();
  const { id } = client.channel('foo').listener('subscribe').createConsumer();
  expect(client.channel('foo').hasAnyListenerConsumer(id)).toBe(true);
  expect(client.channelHasAnyListenerConsumer('foo', id)).toBe(true);
  expect(client.channel('foo/bar').hasAnyListenerConsumer(id)).toBe(false);
});

row('channels/getAllChannelOutputsConsumerStatsList()', 'of all channels', async () => {
  const { client } = await subscribed();
  const ids = ['foo', 'bar'].map((name) => client.channel(name).createConsumer().id);
  expect(client.getAllChannelOutputsConsumerStatsList()).toEqual([
    { id: ids[0], backpressure: 0, stream: 'foo' },
    { id: ids[1], backpressure: 0, stream: 'bar' },
  ]);
});

row('channels/getAllChannelListenersConsumerStatsList()', 'of all channels', async () => {
  const { client } = await subscribed();
  const ids = ['foo', 'foo/bar'].map(
    (name) => client.channel(name).listener('subscribe').createConsumer().id,
  );
  expect(client.getAllChannelListenersConsumerStatsList()).toEqual([
    { id: ids[0], backpressure: 0, stream: 'foo/subscribe' },
    { id: ids[1], backpressure: 0, stream: 'foo/bar/subscribe' },
  ]);
});

row('channels/getAllChannelOutputsBackpressure()', 'the highest of all outputs', async () => {
  const { server, client } = await subscribed('foo', 'bar');
  client.channel('foo').createConsumer();
  client.channel('bar').createConsumer();
  await publishAll(server, client, 'foo', [1, 2]);
  await publishAll(server, client, 'bar', [1, 2, 3]);
  expect(client.getAllChannelOutputsBackpressure()).toBe(3);
});

row('channels/getAllChannelListenersBackpressure()', 'the highest of all listeners', async () => {
  const { client } = await subscribed();
  client.channel('foo').listener(change).createConsumer();
  client.channel('bar').listener(change).createConsumer();
  flip(client, 'foo');
  flip(client, 'bar');
  flip(client, 'bar');
  expect(client.getAllChannelListenersBackpressure()).toBe(4);
});

row(
  'methods/getAllChannelsBackpressure()',
  'the highest of all outputs and listeners',
  async () => {
    const { server, client } = await subscribed('foo');
    expect(client.getAllChannelsBackpressure()).toBe(0);
    client.channel('foo').createConsumer();
    client.channel('bar').listener(change).createConsumer();
    await publishAll(server, client, 'foo', [1, 2, 3]);
    flip(client, 'bar');
    expect(client.getAllChannelsBackpressure()).toBe(3);
    client.channelKillOutput('foo');
    expect(client.getAllChannelsBackpressure()).toBe(2);
    client.killAllChannels();
    expect(client.getAllChannelsBackpressure()).toBe(0);
  },
);

row('channels/hasAnyChannelOutputConsumer(id)', 'of any channel', async () => {
  const { client } = await subscribed();
  const { id } = client.channel('foo').createConsumer();
  expect(client.hasAnyChannelOutputConsumer(id)).toBe(true);
  expect(client.hasAnyChannelOutputConsumer(987_654)).toBe(false);
});

row('channels/hasAnyChannelListenerConsumer(id)', 'of any channel', async () => {
  const { client } = await subscribed();
  const { id } = client.channel('foo').listener('subscribe').createConsumer();
  expect(client.hasAnyChannelListenerConsumer(id)).toBe(true);
  expect(client.hasAnyChannelListenerConsumer(987_654)).toBe(false);
});
