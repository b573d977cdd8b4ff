import { AGChannel, type AGClientSocket } from '@asyngular/client';
import { expect } from 'vitest';
import type { RowId } from './rows.js';
import { gate, publishAll, segments, witnesses } from './support/families.js';
import { collect, record } from './support/record.js';
import { row } from './support/suite.js';
import { settle, startServer, type TestServer } from './support/test-server.js';
import { rejection, soon, turn } from './support/within.js';

async function subscribed(
  ...names: string[]
): Promise<{ server: TestServer; client: AGClientSocket }> {
  const server = await startServer();
  const client = await server.open();
  for (const name of names) {
    client.subscribe(name);
  }
  await settle(client);
  return { server, client };
}

/** Two `subscribeStateChange` events on the channel, in this tick; ends as it began. */
function flip(client: AGClientSocket, name: string): void {
  client.subscribe(name);
  client.unsubscribe(name);
}

const change = 'subscribeStateChange';

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
  channel.subscribe({ data: 1, priority: 3, other: true } as any);
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
  const other = collect(client.channel('a/subscribe').listener('x'));
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
  const collision = collect(client.channel('a').listener('b/subscribe'));
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

interface Ending {
  id: RowId;
  end(client: AGClientSocket): void;
  kills: boolean;
  output: boolean;
  listeners: boolean;
  /** Whether every channel ends, not only `foo`. */
  all?: boolean;
}

const endings: Ending[] = [
  {
    id: 'methods/closeChannel(channelName)',
    end: (c) => c.closeChannel('foo'),
    kills: false,
    output: true,
    listeners: true,
  },
  {
    id: 'methods/channelCloseOutput(channelName)',
    end: (c) => c.channelCloseOutput('foo'),
    kills: false,
    output: true,
    listeners: false,
  },
  {
    id: 'methods/channelCloseAllListeners(channelName)',
    end: (c) => c.channelCloseAllListeners('foo'),
    kills: false,
    output: false,
    listeners: true,
  },
  {
    id: 'methods/closeAllChannels()',
    end: (c) => c.closeAllChannels(),
    kills: false,
    output: true,
    listeners: true,
    all: true,
  },
  {
    id: 'methods/killChannel(channelName)',
    end: (c) => c.killChannel('foo'),
    kills: true,
    output: true,
    listeners: true,
  },
  {
    id: 'methods/channelKillOutput(channelName)',
    end: (c) => c.channelKillOutput('foo'),
    kills: true,
    output: true,
    listeners: false,
  },
  {
    id: 'methods/channelKillAllListeners(channelName)',
    end: (c) => c.channelKillAllListeners('foo'),
    kills: true,
    output: false,
    listeners: true,
  },
  {
    id: 'methods/killAllChannels()',
    end: (c) => c.killAllChannels(),
    kills: true,
    output: true,
    listeners: true,
    all: true,
  },
  {
    id: 'channel/close()',
    end: (c) => c.channel('foo').close(),
    kills: false,
    output: true,
    listeners: true,
  },
  {
    id: 'channel/kill()',
    end: (c) => c.channel('foo').kill(),
    kills: true,
    output: true,
    listeners: true,
  },
  {
    id: 'channel/closeOutput()',
    end: (c) => c.channel('foo').closeOutput(),
    kills: false,
    output: true,
    listeners: false,
  },
  {
    id: 'channel/killOutput()',
    end: (c) => c.channel('foo').killOutput(),
    kills: true,
    output: true,
    listeners: false,
  },
  {
    id: 'channel/closeAllListeners()',
    end: (c) => c.channel('foo').closeAllListeners(),
    kills: false,
    output: false,
    listeners: true,
  },
  {
    id: 'channel/killAllListeners()',
    end: (c) => c.channel('foo').killAllListeners(),
    kills: true,
    output: false,
    listeners: true,
  },
  {
    id: 'channel/closeListener(event)',
    end: (c) => c.channel('foo').closeListener(change),
    kills: false,
    output: false,
    listeners: true,
  },
  {
    id: 'channel/killListener(event)',
    end: (c) => c.channel('foo').killListener(change),
    kills: true,
    output: false,
    listeners: true,
  },
  {
    id: 'channels/closeAllChannelOutputs()',
    end: (c) => c.closeAllChannelOutputs(),
    kills: false,
    output: true,
    listeners: false,
    all: true,
  },
  {
    id: 'channels/closeAllChannelListeners()',
    end: (c) => c.closeAllChannelListeners(),
    kills: false,
    output: false,
    listeners: true,
    all: true,
  },
  {
    id: 'channels/killAllChannelOutputs()',
    end: (c) => c.killAllChannelOutputs(),
    kills: true,
    output: true,
    listeners: false,
    all: true,
  },
  {
    id: 'channels/killAllChannelListeners()',
    end: (c) => c.killAllChannelListeners(),
    kills: true,
    output: false,
    listeners: true,
    all: true,
  },
];

for (const { id, end, kills, output, listeners, all = false } of endings) {
  const parts = [output && 'output', listeners && 'listeners'].filter(Boolean).join(' and ');
  const scope = all ? 'every channel' : 'foo, never foo/bar';
  row(id, `${kills ? 'ends at once' : 'drains and ends'} the ${parts} of ${scope}`, async () => {
    const { server, client } = await subscribed('foo', 'foo/bar');
    const groups = witnesses(client, 'channel');
    const hold = gate();
    const loops = {
      output: collect(client.channel('foo'), () => hold.opened),
      listeners: collect(client.channel('foo').listener(change), () => hold.opened),
    };
    const others = {
      output: collect(client.channel('foo/bar')),
      listeners: collect(client.channel('foo/bar').listener(change)),
    };
    await publishAll(server, client, 'foo', [1, 2, 3]);
    client.unsubscribe('foo');
    flip(client, 'foo');
    await turn();
    // One of each is in its loop's body.
    expect(client.getChannelBackpressure('foo')).toBe(2);
    end(client);
    if (kills) {
      expect(client.channelGetOutputBackpressure('foo')).toBe(output ? 0 : 2);
      expect(client.channelGetAllListenersBackpressure('foo')).toBe(listeners ? 0 : 2);
    } else {
      expect(client.getChannelBackpressure('foo')).toBe(3);
    }
    hold.open();
    for (const [part, ends] of [
      ['output', output],
      ['listeners', listeners],
    ] as const) {
      const loop = loops[part];
      if (ends) {
        await loop.untilEnded();
        expect(loop.values).toHaveLength(kills ? 1 : 3);
      } else {
        await loop.until(3);
      }
      if (ends && all) {
        await others[part].untilEnded();
      }
    }
    await settle(client);
    expect(loops.output.ended).toBe(output);
    expect(loops.listeners.ended).toBe(listeners);
    expect(others.output.ended).toBe(output && all);
    expect(others.listeners.ended).toBe(listeners && all);
    expect(client.isSubscribed('foo/bar')).toBe(true);
    expect(groups.ended()).toEqual([]);
    expect(client.getAllChannelsBackpressure()).toBe(0);
  });

  if (kills) {
    row(id, 'ends idle loops and loops in a body with nothing behind it', async () => {
      const { server, client } = await subscribed('foo');
      const hold = gate();
      const loops = {
        output: [collect(client.channel('foo'), () => hold.opened), collect(client.channel('foo'))],
        listeners: [
          collect(client.channel('foo').listener(change), () => hold.opened),
          collect(client.channel('foo').listener(change)),
        ],
      };
      await publishAll(server, client, 'foo', [1]);
      client.unsubscribe('foo');
      await turn();
      end(client);
      hold.open();
      for (const loop of [...(output ? loops.output : []), ...(listeners ? loops.listeners : [])]) {
        await loop.untilEnded();
      }
    });
  } else {
    row(id, 'a loop that starts again misses nothing', async () => {
      const { server, client } = await subscribed('foo');
      const publications = segments(
        () => client.channel('foo'),
        (value) => value,
      );
      const changes = segments(
        () => client.channel('foo').listener(change),
        (event) => event.newChannelState,
      );
      await publishAll(server, client, 'foo', [1, 2]);
      client.unsubscribe('foo');
      await turn();
      end(client);
      client.subscribe('foo');
      await settle(client);
      await publishAll(server, client, 'foo', [3]);
      publications.release();
      changes.release();
      await publications.until(3);
      await changes.until(3);
      expect(publications.segments).toEqual(output ? [[1, 2], [3]] : [[1, 2, 3]]);
      expect(changes.segments).toEqual(
        listeners
          ? [['unsubscribed'], ['pending', 'subscribed']]
          : [['unsubscribed', 'pending', 'subscribed']],
      );
      expect(client.isSubscribed('foo')).toBe(true);
    });
  }
}

row('channel/closeListener(event)', 'other events of the channel go on', async () => {
  const { client } = await subscribed('foo');
  const closed = collect(client.channel('foo').listener('unsubscribe'));
  const other = collect(client.channel('foo').listener(change));
  client.channelCloseListener('foo', 'unsubscribe');
  await closed.untilEnded();
  client.unsubscribe('foo');
  await other.until(1);
  expect(other.ended).toBe(false);
});

row('channel/killListener(event)', 'other events of the channel go on', async () => {
  const { client } = await subscribed('foo');
  const killed = collect(client.channel('foo').listener('unsubscribe'));
  const other = collect(client.channel('foo').listener(change));
  client.channelKillListener('foo', 'unsubscribe');
  await killed.untilEnded();
  client.unsubscribe('foo');
  await other.until(1);
  expect(other.ended).toBe(false);
});

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
  const ids = ['subscribe', 'kickOut'].map(
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

row(
  'methods/killChannel(channelName)',
  'in the tick of the writes nothing is delivered',
  async () => {
    const { client } = await subscribed();
    const got = collect(client.channel('foo').listener(change));
    for (let i = 0; i < 10; i++) {
      flip(client, 'foo');
    }
    expect(client.getChannelBackpressure('foo')).toBe(20);
    client.killChannel('foo');
    expect(client.getChannelBackpressure('foo')).toBe(0);
    expect(await got.untilEnded()).toEqual([]);
  },
);
