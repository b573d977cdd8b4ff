import { AsyncStreamEmitter } from '@asyngular/streams';
import { describe, expect, it, vi } from 'vitest';
import { AGChannel } from '../src/index.js';
import { type ChannelMethods, ChannelStreams, defineChannelMethods } from '../src/internal.js';

class Owner extends AsyncStreamEmitter {
  readonly channelStreams = new ChannelStreams();
  subscribe = () => undefined;
  unsubscribe = () => undefined;
  isSubscribed = () => false;
  getChannelState = () => 'unsubscribed' as const;
  getChannelOptions = () => ({});
  transmitPublish = async () => {};
  getChannelPosition = () => null;
  invokePublish = async () => undefined;
  history = async () => ({ publications: [], position: 'k:0:0', hasMore: false });
}
interface Owner extends ChannelMethods {}
defineChannelMethods(Owner);

/** Channel `a` with two data loops and one each over two events; `b` with one of each. */
function createOwner() {
  const owner = new Owner();
  for (const name of ['a', 'a', 'b']) owner.channel(name).createConsumer();
  owner.channel('a').listener('kickOut').createConsumer();
  owner.channel('a').listener('subscribe').createConsumer();
  owner.channel('b').listener('kickOut').createConsumer();
  for (let count = 0; count < 3; count++) owner.channelStreams.publish('a', count);
  owner.channelStreams.publish('b', 'data');
  owner.channelStreams.emit('a', 'kickOut', {});
  for (let count = 0; count < 2; count++) owner.channelStreams.emit('b', 'kickOut', {});
  return owner;
}

const outputs = (owner: Owner) => owner.getAllChannelOutputsConsumerStatsList().map(({ id }) => id);
const listeners = (owner: Owner) =>
  owner.getAllChannelListenersConsumerStatsList().map(({ id }) => id);

it('the methods and constants of channels and their owners are not enumerable', () => {
  const owner = createOwner();
  const keys: string[] = [];
  for (const key in owner.channel('a')) keys.push(key);
  for (const key in AGChannel.prototype) keys.push(key);
  for (const key in Owner.prototype) keys.push(key);
  expect(keys.sort()).toEqual(['client', 'name']);
});

describe('what ends loops at once, of a channel and of its owner alike', () => {
  it.each<[string, (owner: Owner) => void, number[], number[]]>([
    ['killOutput', (owner) => owner.channel('a').killOutput(), [3], [1, 2, 3]],
    ['channelKillOutput', (owner) => owner.channelKillOutput('a'), [3], [1, 2, 3]],
    ['killAllChannelOutputs', (owner) => owner.killAllChannelOutputs(), [], [1, 2, 3]],
    ['killOutputConsumer', (owner) => owner.channel('a').killOutputConsumer(2), [1, 3], [1, 2, 3]],
    [
      'its id is foreign',
      (owner) => owner.channel('b').killOutputConsumer(2),
      [1, 2, 3],
      [1, 2, 3],
    ],
    ['killChannelOutputConsumer', (owner) => owner.killChannelOutputConsumer(2), [1, 3], [1, 2, 3]],
    ['killListener', (owner) => owner.channel('a').killListener('kickOut'), [1, 2, 3], [2, 3]],
    [
      'channelKillListener',
      (owner) => owner.channelKillListener('a', 'kickOut'),
      [1, 2, 3],
      [2, 3],
    ],
    ['killAllListeners', (owner) => owner.channel('a').killAllListeners(), [1, 2, 3], [3]],
    ['channelKillAllListeners', (owner) => owner.channelKillAllListeners('a'), [1, 2, 3], [3]],
    ['killAllChannelListeners', (owner) => owner.killAllChannelListeners(), [1, 2, 3], []],
    [
      'killListenerConsumer',
      (owner) => owner.channel('a').killListenerConsumer(2),
      [1, 2, 3],
      [1, 3],
    ],
    [
      'killChannelListenerConsumer',
      (owner) => owner.killChannelListenerConsumer(2),
      [1, 2, 3],
      [1, 3],
    ],
    ['kill', (owner) => owner.channel('a').kill(), [3], [3]],
    ['killChannel', (owner) => owner.killChannel('a'), [3], [3]],
    ['killAllChannels', (owner) => owner.killAllChannels(), [], []],
  ])('%s', (_name, kill, outputsLeft, listenersLeft) => {
    const owner = createOwner();
    kill(owner);
    expect(outputs(owner)).toEqual(outputsLeft);
    expect(listeners(owner)).toEqual(listenersLeft);
  });
});

describe('what ends loops after their backlog', () => {
  it.each<[string, (owner: Owner) => void, number[], number[]]>([
    ['closeOutput', (owner) => owner.channel('a').closeOutput(), [4, 4, 1], [1, 0, 2]],
    ['channelCloseOutput', (owner) => owner.channelCloseOutput('a'), [4, 4, 1], [1, 0, 2]],
    ['closeAllChannelOutputs', (owner) => owner.closeAllChannelOutputs(), [4, 4, 2], [1, 0, 2]],
    ['closeListener', (owner) => owner.channel('a').closeListener('kickOut'), [3, 3, 1], [2, 0, 2]],
    [
      'channelCloseListener',
      (owner) => owner.channelCloseListener('a', 'kickOut'),
      [3, 3, 1],
      [2, 0, 2],
    ],
    ['closeAllListeners', (owner) => owner.channel('a').closeAllListeners(), [3, 3, 1], [2, 1, 2]],
    [
      'channelCloseAllListeners',
      (owner) => owner.channelCloseAllListeners('a'),
      [3, 3, 1],
      [2, 1, 2],
    ],
    ['closeAllChannelListeners', (owner) => owner.closeAllChannelListeners(), [3, 3, 1], [2, 1, 3]],
    ['close', (owner) => owner.channel('a').close(), [4, 4, 1], [2, 1, 2]],
    ['closeChannel', (owner) => owner.closeChannel('a'), [4, 4, 1], [2, 1, 2]],
    ['closeAllChannels', (owner) => owner.closeAllChannels(), [4, 4, 2], [2, 1, 3]],
  ])('%s', (_name, close, ofOutputs, ofListeners) => {
    const owner = createOwner();
    close(owner);
    const ids = [1, 2, 3];
    expect(ids.map((id) => owner.getChannelOutputConsumerBackpressure(id))).toEqual(ofOutputs);
    expect(ids.map((id) => owner.getChannelListenerConsumerBackpressure(id))).toEqual(ofListeners);
  });
});

it('a channel answers for itself, its owner for one or all', () => {
  const owner = createOwner();
  const a = owner.channel('a');
  const ids = (list: { id: number }[]) => list.map(({ id }) => id);
  const pairs: [unknown, unknown, unknown][] = [
    [a.getOutputBackpressure(), owner.channelGetOutputBackpressure('a'), 3],
    [a.getListenerBackpressure('kickOut'), owner.channelGetListenerBackpressure('a', 'kickOut'), 1],
    [a.getAllListenersBackpressure(), owner.channelGetAllListenersBackpressure('a'), 1],
    [a.getBackpressure(), owner.getChannelBackpressure('a'), 3],
    [a.getOutputConsumerCount(), owner.channelGetOutputConsumerCount('a'), 2],
    [
      a.getListenerConsumerCount('kickOut'),
      owner.channelGetListenerConsumerCount('a', 'kickOut'),
      1,
    ],
    [a.getAllListenersConsumerCount(), owner.channelGetAllListenersConsumerCount('a'), 2],
    [
      ids(a.getOutputConsumerStatsList()),
      ids(owner.channelGetOutputConsumerStatsList('a')),
      [1, 2],
    ],
    [
      ids(a.getListenerConsumerStatsList('subscribe')),
      ids(owner.channelGetListenerConsumerStatsList('a', 'subscribe')),
      [2],
    ],
    [
      ids(a.getAllListenersConsumerStatsList()),
      ids(owner.channelGetAllListenersConsumerStatsList('a')),
      [1, 2],
    ],
    [a.getOutputConsumerBackpressure(1), owner.getChannelOutputConsumerBackpressure(1), 3],
    [a.getListenerConsumerBackpressure(1), owner.getChannelListenerConsumerBackpressure(1), 1],
    [a.hasOutputConsumer(2), owner.channelHasOutputConsumer('a', 2), true],
    [a.hasOutputConsumer(3), owner.channelHasOutputConsumer('a', 3), false],
    [
      a.hasListenerConsumer('kickOut', 1),
      owner.channelHasListenerConsumer('a', 'kickOut', 1),
      true,
    ],
    [
      a.hasListenerConsumer('kickOut', 2),
      owner.channelHasListenerConsumer('a', 'kickOut', 2),
      false,
    ],
    [a.hasAnyListenerConsumer(2), owner.channelHasAnyListenerConsumer('a', 2), true],
    [a.hasAnyListenerConsumer(3), owner.channelHasAnyListenerConsumer('a', 3), false],
    [
      a.getOutputConsumerStats(1),
      owner.getChannelOutputConsumerStats(1),
      { id: 1, backpressure: 3, stream: 'a' },
    ],
    [
      a.getListenerConsumerStats(2),
      owner.getChannelListenerConsumerStats(2),
      { id: 2, backpressure: 0, stream: 'a/subscribe' },
    ],
  ];
  for (const [ofChannel, ofOwner, expected] of pairs) {
    expect([ofChannel, ofOwner]).toEqual([expected, expected]);
  }
  expect(owner.getAllChannelOutputsBackpressure()).toBe(3);
  expect(owner.getAllChannelListenersBackpressure()).toBe(2);
  expect(owner.getAllChannelsBackpressure()).toBe(3);
  expect(owner.getAllChannelOutputsConsumerCount()).toBe(3);
  expect(owner.getAllChannelListenersConsumerCount()).toBe(3);
  expect([owner.hasAnyChannelOutputConsumer(3), owner.hasAnyChannelOutputConsumer(4)]).toEqual([
    true,
    false,
  ]);
  expect([owner.hasAnyChannelListenerConsumer(3), owner.hasAnyChannelListenerConsumer(4)]).toEqual([
    true,
    false,
  ]);
});

it('loops over channels that nobody reads are reported with what they are over', () => {
  vi.useFakeTimers();
  try {
    const reports: unknown[] = [];
    const streams = new ChannelStreams({ onUnreadConsumer: (consumer) => reports.push(consumer) });
    const owner = Object.assign(new Owner(), { channelStreams: streams });
    owner.channel('a').createConsumer();
    owner.channel('a').listener('kickOut').createConsumer();
    for (let count = 0; count < 1_024; count++) {
      streams.publish('a', count);
      streams.emit('a', 'kickOut', {});
    }
    vi.advanceTimersByTime(10_000);
    const common = { id: 1, backpressure: 1_024 };
    expect(reports).toEqual([
      { ...common, stream: 'a', family: 'channel output' },
      { ...common, stream: 'a/kickOut', family: 'channel listener' },
    ]);
  } finally {
    vi.useRealTimers();
  }
});
