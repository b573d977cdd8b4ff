import { expect } from 'vitest';
import { record } from './support/record.js';
import { row } from './support/suite.js';
import { settle, startServer } from './support/test-server.js';
import { soon, turn } from './support/within.js';

const socketEvents = [
  'subscribeRequest',
  'subscribe',
  'subscribeFail',
  'unsubscribe',
  'subscribeStateChange',
  'kickOut',
  'disconnect',
];
const forbid = {
  block: [{ type: 'subscribe', name: 'forbidden', error: { name: 'Forbidden', message: 'no' } }],
};

row('events/subscribeRequest', 'each #subscribe that is sent, resubscriptions too', async () => {
  const server = await startServer();
  const client = server.client({ autoConnect: false });
  const events = record(client, ['subscribeRequest', 'connect']);
  client.subscribe('foo', { data: { x: 1 } });
  await turn();
  expect(events.names).toEqual([]);
  client.connect();
  expect(await events.until('subscribeRequest')).toEqual({
    channel: 'foo',
    subscriptionOptions: { data: { x: 1 } },
  });
  await events.until('connect');
  client.disconnect();
  client.connect();
  await events.until('subscribeRequest', 2);
  await settle(client);
  expect(events.of('subscribeRequest')).toHaveLength(2);
});

row('events/subscribeRequest', 'not for waitForAuth channels while unauthenticated', async () => {
  const server = await startServer();
  const client = await server.open();
  const events = record(client, ['subscribeRequest']);
  client.subscribe('private', { waitForAuth: true });
  await settle(client);
  expect(events.names).toEqual([]);
  expect(client.channel('private').state).toBe('pending');
  await client.invoke('login', { name: 'Ann' });
  expect(await events.until('subscribeRequest')).toEqual({
    channel: 'private',
    subscriptionOptions: { waitForAuth: true },
  });
});

row(
  'events/subscribe',
  'after the acknowledgement, with the state already subscribed',
  async () => {
    const server = await startServer();
    const client = await server.open();
    await server.faults({ holdToClient: ['"rid"'] });
    const states: string[] = [];
    const events = record(client, ['subscribe'], () => states.push(client.channel('foo').state));
    client.subscribe('foo', { data: 7 });
    await server.seen({ type: 'subscribe', channel: 'foo' });
    expect(events.names).toEqual([]);
    await server.release();
    expect(await events.until('subscribe')).toEqual({
      channel: 'foo',
      subscriptionOptions: { data: 7 },
    });
    expect(states).toEqual(['subscribed']);
  },
);

row('events/subscribeFail', 'when a middleware refuses; the channel is forgotten', async () => {
  const server = await startServer(forbid);
  const client = await server.open();
  const events = record(client, socketEvents);
  client.subscribe('forbidden', { data: 1 });
  const failure = await events.until('subscribeFail');
  expect(failure).toMatchObject({ channel: 'forbidden', subscriptionOptions: { data: 1 } });
  expect(failure.error).toBeInstanceOf(Error);
  expect(failure.error).toMatchObject({ name: 'Forbidden', message: 'no' });
  expect(client.isSubscribed('forbidden', true)).toBe(false);
  expect(client.channel('forbidden').state).toBe('unsubscribed');
  expect(events.of('unsubscribe')).toEqual([]);
});

row('events/subscribeFail', 'when the limit of channels is reached', async () => {
  const server = await startServer({ options: { socketChannelLimit: 1 } });
  const client = await server.open();
  const events = record(client, socketEvents);
  client.subscribe('first');
  client.subscribe('second');
  const { error, channel } = await events.until('subscribeFail');
  expect([error.name, channel]).toEqual(['BrokerError', 'second']);
  expect(client.subscriptions(true)).toEqual(['first']);
});

row('events/subscribeFail', 'never on loss of the connection', async () => {
  const server = await startServer();
  const client = await server.open();
  const events = record(client, socketEvents);
  await server.faults({ dropToServer: ['#subscribe'] });
  client.subscribe('foo');
  await events.until('subscribeRequest');
  await server.cut();
  await events.until('disconnect');
  await turn();
  expect(events.of('subscribeFail')).toEqual([]);
  expect(client.channel('foo').state).toBe('pending');
});

row('events/unsubscribe', 'on unsubscribe(), kickOut and loss, if it was subscribed', async () => {
  const server = await startServer();
  const client = await server.open();
  const events = record(client, ['unsubscribe', 'disconnect']);
  for (const name of ['a', 'b', 'c', 'pending']) {
    client.subscribe(name, { waitForAuth: name === 'pending' });
  }
  await settle(client);
  client.unsubscribe('a');
  expect(await events.until('unsubscribe')).toEqual({ channel: 'a' });
  await server.run('kickOut', 'b', 'out');
  expect(await events.until('unsubscribe', 2)).toEqual({ channel: 'b' });
  client.unsubscribe('nothing');
  await server.cut();
  await events.until('disconnect');
  expect(events.names).toEqual(['unsubscribe', 'unsubscribe', 'unsubscribe', 'disconnect']);
  expect(events.of('unsubscribe')[2]).toEqual({ channel: 'c' });
});

row(
  'events/subscribeStateChange',
  'every transition, before subscribe and unsubscribe',
  async () => {
    const server = await startServer(forbid);
    const client = await server.open();
    const events = record(client, socketEvents);
    client.subscribe('foo', { data: 1 });
    await events.until('subscribe');
    client.unsubscribe('foo');
    await events.until('unsubscribe');
    client.subscribe('forbidden');
    await events.until('subscribeFail');
    client.subscribe('bar');
    client.unsubscribe('bar');
    await settle(client);
    const changes = events
      .of('subscribeStateChange')
      .map(({ channel, oldChannelState, newChannelState }) =>
        [channel, oldChannelState, newChannelState].join(' '),
      );
    expect(changes).toEqual([
      'foo unsubscribed pending',
      'foo pending subscribed',
      'foo subscribed unsubscribed',
      'forbidden unsubscribed pending',
      'forbidden pending unsubscribed',
      'bar unsubscribed pending',
      'bar pending unsubscribed',
    ]);
    expect(events.of('subscribeStateChange')[1]).toMatchObject({
      subscriptionOptions: { data: 1 },
    });
    expect(events.names.slice(0, 6)).toEqual([
      'subscribeStateChange',
      'subscribeRequest',
      'subscribeStateChange',
      'subscribe',
      'subscribeStateChange',
      'unsubscribe',
    ]);
  },
);

row('events/kickOut', '{channel, message}, then the unsubscribe events', async () => {
  const server = await startServer();
  const client = await server.open();
  client.subscribe('foo');
  await settle(client);
  const events = record(client, socketEvents);
  await server.run('kickOut', 'foo', 'You were rude');
  await events.until('unsubscribe');
  expect(events.of('kickOut')).toEqual([{ channel: 'foo', message: 'You were rude' }]);
  expect(events.names).toEqual(['kickOut', 'subscribeStateChange', 'unsubscribe']);
  expect(client.channel('foo').state).toBe('unsubscribed');
  expect(client.isSubscribed('foo', true)).toBe(false);
  await settle(client);
  expect((await server.run('sockets'))[0].subscriptions).toEqual([]);
});

row('events/kickOut', 'only for channels known here; not resubscribed afterwards', async () => {
  const server = await startServer();
  const client = await server.open();
  const events = record(client, ['kickOut', 'subscribeRequest']);
  await server.injectPacket({ event: '#kickOut', data: { channel: 'unknown', message: 'x' } });
  await settle(client);
  expect(events.names).toEqual([]);
  client.subscribe('foo');
  await settle(client);
  await server.run('kickOut', 'foo', 'out');
  await events.until('kickOut');
  const connected = client.listener('connect').once();
  client.disconnect();
  client.connect();
  await soon('connect', connected);
  await settle(client);
  expect(events.of('subscribeRequest')).toHaveLength(1);
});

row('events/kickOut', 'from all channels at once', async () => {
  const server = await startServer();
  const client = await server.open();
  client.subscribe('a');
  client.subscribe('b');
  await settle(client);
  const events = record(client, ['kickOut']);
  await server.run('kickOut');
  await events.until('kickOut', 2);
  expect(
    events
      .of('kickOut')
      .map(({ channel }) => channel)
      .sort(),
  ).toEqual(['a', 'b']);
  expect(client.subscriptions(true)).toEqual([]);
});
