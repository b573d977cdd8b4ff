import type { AGClientSocket } from '@asyngular/client';
import { expect } from 'vitest';
import type { RowId } from './rows.js';
import { change, flip, subscribed } from './support/channels.js';
import { gate, publishAll, segments, witnesses } from './support/families.js';
import { collect } from './support/record.js';
import { row } from './support/suite.js';
import { settle } from './support/test-server.js';
import { turn } from './support/within.js';

type End = (client: AGClientSocket) => void;
type Ending = [id: RowId, parts: 'output' | 'listeners' | 'output and listeners', end: End];

const ofOneChannel: Ending[] = [
  ['methods/closeChannel(channelName)', 'output and listeners', (c) => c.closeChannel('foo')],
  ['methods/channelCloseOutput(channelName)', 'output', (c) => c.channelCloseOutput('foo')],
  [
    'methods/channelCloseAllListeners(channelName)',
    'listeners',
    (c) => c.channelCloseAllListeners('foo'),
  ],
  ['methods/killChannel(channelName)', 'output and listeners', (c) => c.killChannel('foo')],
  ['methods/channelKillOutput(channelName)', 'output', (c) => c.channelKillOutput('foo')],
  [
    'methods/channelKillAllListeners(channelName)',
    'listeners',
    (c) => c.channelKillAllListeners('foo'),
  ],
  ['channel/close()', 'output and listeners', (c) => c.channel('foo').close()],
  ['channel/kill()', 'output and listeners', (c) => c.channel('foo').kill()],
  ['channel/closeOutput()', 'output', (c) => c.channel('foo').closeOutput()],
  ['channel/killOutput()', 'output', (c) => c.channel('foo').killOutput()],
  ['channel/closeAllListeners()', 'listeners', (c) => c.channel('foo').closeAllListeners()],
  ['channel/killAllListeners()', 'listeners', (c) => c.channel('foo').killAllListeners()],
  ['channel/closeListener(event)', 'listeners', (c) => c.channel('foo').closeListener(change)],
  ['channel/killListener(event)', 'listeners', (c) => c.channel('foo').killListener(change)],
];

const ofAllChannels: Ending[] = [
  ['methods/closeAllChannels()', 'output and listeners', (c) => c.closeAllChannels()],
  ['methods/killAllChannels()', 'output and listeners', (c) => c.killAllChannels()],
  ['channels/closeAllChannelOutputs()', 'output', (c) => c.closeAllChannelOutputs()],
  ['channels/closeAllChannelListeners()', 'listeners', (c) => c.closeAllChannelListeners()],
  ['channels/killAllChannelOutputs()', 'output', (c) => c.killAllChannelOutputs()],
  ['channels/killAllChannelListeners()', 'listeners', (c) => c.killAllChannelListeners()],
];

for (const ending of [...ofOneChannel, ...ofAllChannels]) {
  const [id, parts, end] = ending;
  const all = ofAllChannels.includes(ending);
  const kills = /kill/i.test(id);
  const output = parts !== 'listeners';
  const listeners = parts !== 'output';
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
