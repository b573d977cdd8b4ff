import { expect } from 'vitest';
import { collect, record } from './support/record.js';
import { row } from './support/suite.js';
import { settle, startServer } from './support/test-server.js';
import { soon, turn } from './support/within.js';

const subscribeRow = 'methods/subscribe(channelName,[options])';
const unsubscribeRow = 'methods/unsubscribe(channelName)';

row(
  subscribeRow,
  'returns the channel: pending, then subscribed; a repeated call sends nothing',
  async () => {
    const server = await startServer();
    const client = await server.open();
    const channel = client.subscribe('foo');
    expect(channel.name).toBe('foo');
    expect(channel.state).toBe('pending');
    client.subscribe('foo');
    await settle(client);
    expect(channel.state).toBe('subscribed');
    client.subscribe('foo');
    client.channel('foo').subscribe();
    await settle(client);
    const requests = (await server.packets()).filter(({ event }) => event === '#subscribe');
    expect(requests).toEqual([{ event: '#subscribe', data: { channel: 'foo' }, cid: 2 }]);
  },
);

row(subscribeRow, 'does not open the connection', async () => {
  const server = await startServer();
  const client = server.client({ autoConnect: false });
  client.subscribe('foo');
  await turn();
  expect(client.state).toBe('closed');
  expect(client.channel('foo').state).toBe('pending');
  expect(await server.find({ type: 'upgrade' })).toEqual([]);
});

row(subscribeRow, 'data travels, falsy data too', async () => {
  const server = await startServer();
  const client = await server.open();
  for (const [index, data] of [{ a: 1 }, 0, '', false, null].entries()) {
    client.subscribe(`c${index}`, { data });
  }
  await settle(client);
  const sent = (await server.packets()).filter(({ event }) => event === '#subscribe');
  expect(sent.map((packet) => packet.data.data)).toEqual([{ a: 1 }, 0, '', false, null]);
});

row(subscribeRow, 'waitForAuth waits for the token, at reconnections too', async () => {
  const server = await startServer();
  const client = await server.open();
  const channel = client.subscribe('private', { waitForAuth: true });
  await settle(client);
  expect(channel.state).toBe('pending');
  const subscribes = collect(client.listener('subscribe'));
  await client.invoke('login', { name: 'Ann' });
  await subscribes.until(1);
  const deauthenticated = client.deauthenticate();
  expect(channel.state).toBe('subscribed');
  await deauthenticated;
  client.disconnect();
  const connected = client.listener('connect').once();
  client.connect();
  await soon('connect', connected);
  await settle(client);
  expect(channel.state).toBe('pending');
});

row(subscribeRow, 'priority orders the subscriptions; equals go in order of creation', async () => {
  const server = await startServer();
  const client = server.client({ autoConnect: false });
  const wanted: [string, number | undefined][] = [
    ['10', undefined],
    ['9', undefined],
    ['low', -1],
    ['high', 5],
    ['x', 0],
    ['higher', 9],
  ];
  for (const [name, priority] of wanted) {
    client.subscribe(name, priority === undefined ? {} : { priority });
  }
  const subscribes = collect(client.listener('subscribe'));
  const order = ['higher', 'high', '10', '9', 'x', 'low'];
  client.connect();
  await subscribes.until(6);
  expect((await server.seen({ type: 'subscribe' }, 6)).map(({ channel }) => channel)).toEqual(
    order,
  );
  client.reconnect();
  await subscribes.until(12);
  const all = (await server.seen({ type: 'subscribe' }, 12)).map(({ channel }) => channel);
  expect(all.slice(6)).toEqual(order);
  const packets = (await server.packets()).filter(({ event }) => event === '#subscribe');
  expect(packets[0].data).toEqual({ channel: 'higher' });
});

row(unsubscribeRow, 'takes effect at once; loops go on when subscribed again', async () => {
  const server = await startServer();
  const client = await server.open();
  const channel = client.subscribe('foo');
  const got = collect(channel);
  await settle(client);
  await server.publish('foo', 1);
  await got.until(1);
  client.unsubscribe('foo');
  expect(channel.state).toBe('unsubscribed');
  await settle(client);
  await server.publish('foo', 2);
  client.subscribe('foo');
  expect(channel.state).toBe('pending');
  await settle(client);
  await server.publish('foo', 3);
  await got.until(2);
  expect(got.values).toEqual([1, 3]);
  expect(got.ended).toBe(false);
});

row(unsubscribeRow, '#unsubscribe is sent only if #subscribe was', async () => {
  const server = await startServer();
  const client = await server.open();
  client.subscribe('never sent', { waitForAuth: true });
  client.unsubscribe('never sent');
  client.unsubscribe('unknown');
  client.subscribe('foo');
  client.unsubscribe('foo');
  await server.seen({ type: 'unsubscribe', channel: 'foo' });
  await settle(client);
  const sent = (await server.packets()).filter(({ event }) => event === '#unsubscribe');
  expect(sent).toEqual([{ event: '#unsubscribe', data: 'foo' }]);
  expect(await server.find({ type: 'error' })).toEqual([]);
});

row(
  unsubscribeRow,
  'then subscribe at once: subscribed, with one unsubscription on the server',
  async () => {
    const server = await startServer();
    const client = await server.open();
    const channel = client.subscribe('foo');
    await settle(client);
    client.unsubscribe('foo');
    client.subscribe('foo');
    await settle(client);
    expect(channel.state).toBe('subscribed');
    expect(await server.find({ type: 'unsubscribe', channel: 'foo' })).toHaveLength(1);
    expect((await server.run('sockets'))[0].subscriptions).toEqual(['foo']);
  },
);

row(
  unsubscribeRow,
  'while the acknowledgement is on its way, the answer changes nothing',
  async () => {
    const server = await startServer();
    const client = await server.open();
    const events = record(client, ['subscribe']);
    await server.faults({ holdToClient: ['"rid":2'] });
    client.subscribe('foo');
    await server.seen({ type: 'subscribe', channel: 'foo' });
    client.unsubscribe('foo');
    await server.release();
    await settle(client);
    expect(events.names).toEqual([]);
    expect(client.channel('foo').state).toBe('unsubscribed');
  },
);

row(
  'methods/channel(channelName)',
  'a handle without traffic; its state is the subscription’s',
  async () => {
    const server = await startServer();
    const client = await server.open();
    const channel = client.channel('foo');
    expect(channel.name).toBe('foo');
    expect(channel.state).toBe('unsubscribed');
    await settle(client);
    expect((await server.packets()).filter(({ event }) => event === '#subscribe')).toEqual([]);
    client.subscribe('foo');
    expect(channel.state).toBe('pending');
    await settle(client);
    expect(channel.state).toBe('subscribed');
    expect(client.channel('foo').state).toBe('subscribed');
  },
);

row(
  'methods/subscriptions(includePending)',
  'names subscribed, and pending ones on request',
  async () => {
    const server = await startServer();
    const client = await server.open();
    expect(client.subscriptions()).toEqual([]);
    client.subscribe('foo');
    client.subscribe('private', { waitForAuth: true });
    expect(client.subscriptions()).toEqual([]);
    expect(client.subscriptions(true)).toEqual(['foo', 'private']);
    await settle(client);
    expect(client.subscriptions()).toEqual(['foo']);
    expect(client.subscriptions(false)).toEqual(['foo']);
    client.disconnect();
    expect(client.subscriptions()).toEqual([]);
    expect(client.subscriptions(true)).toEqual(['foo', 'private']);
  },
);

row('methods/isSubscribed(channelName,[includePending])', 'by the same rule', async () => {
  const server = await startServer();
  const client = await server.open();
  expect(client.isSubscribed('foo', true)).toBe(false);
  client.subscribe('foo');
  expect(client.isSubscribed('foo')).toBe(false);
  expect(client.isSubscribed('foo', true)).toBe(true);
  await settle(client);
  expect(client.isSubscribed('foo')).toBe(true);
  client.unsubscribe('foo');
  expect(client.isSubscribed('foo', true)).toBe(false);
});

row(
  'subscriptions',
  'autoSubscribeOnConnect: false waits for processPendingSubscriptions()',
  async () => {
    const server = await startServer();
    const client = await server.open({ autoSubscribeOnConnect: false });
    const channel = client.subscribe('foo');
    await settle(client);
    expect(channel.state).toBe('pending');
    expect(client.preparingPendingSubscriptions).toBe(true);
    client.processPendingSubscriptions();
    expect(client.preparingPendingSubscriptions).toBe(false);
    await settle(client);
    expect(channel.state).toBe('subscribed');
  },
);

row('subscriptions', 'channelPrefix is put on and taken off', async () => {
  const server = await startServer();
  const client = await server.open({ channelPrefix: 'app/' });
  const plain = await server.open();
  const got = collect(client.subscribe('foo'));
  const prefixed = collect(plain.subscribe('app/foo'));
  const events = record(client, ['subscribe', 'kickOut']);
  await settle(plain);
  expect(await events.until('subscribe')).toMatchObject({ channel: 'foo' });
  await client.invokePublish('foo', 1);
  await server.publish('app/foo', 2);
  await got.until(2);
  await prefixed.until(2);
  expect(got.values).toEqual([1, 2]);
  await server.run('kickOut', 'app/foo', 'out');
  expect(await events.until('kickOut')).toEqual({ channel: 'foo', message: 'out' });
  client.subscribe('foo');
  await settle(client);
  client.unsubscribe('foo');
  await server.seen({ type: 'frame', data: '{"event":"#unsubscribe","data":"app/foo"}' });
});

row('subscriptions', 'subscribe() without options keeps those given earlier', async () => {
  const server = await startServer();
  const client = await server.open();
  client.subscribe('private', { waitForAuth: true, data: 5, priority: 2 });
  client.subscribe('private');
  expect(client.getChannelOptions('private')).toMatchObject({
    waitForAuth: true,
    data: 5,
    priority: 2,
  });
  await settle(client);
  expect(client.channel('private').state).toBe('pending');
  // Options that make it eligible take effect at once.
  client.subscribe('private', { waitForAuth: false });
  await settle(client);
  expect(client.channel('private').state).toBe('subscribed');
});

row('subscriptions', 'after a reconnection the same loop goes on', async () => {
  const server = await startServer();
  const client = await server.open();
  const events = record(client, ['subscribeRequest', 'subscribe']);
  const channel = client.subscribe('foo');
  const got = collect(channel);
  const closes = collect(client.listener('close'));
  await events.until('subscribe');
  await server.publish('foo', 1);
  await got.until(1);
  await server.cut();
  await closes.until(1);
  expect(channel.state).toBe('pending');
  client.connect();
  await events.until('subscribe', 2);
  await server.publish('foo', 2);
  await got.until(2);
  expect(events.names).toEqual(['subscribeRequest', 'subscribe', 'subscribeRequest', 'subscribe']);
});
