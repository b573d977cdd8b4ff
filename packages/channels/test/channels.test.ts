import { AsyncStreamEmitter } from '@asyngular/streams';
import { within } from '@asyngular/test-utils/wait';
import { describe, expect, it } from 'vitest';
import {
  AGChannel,
  type ChannelOptions,
  type ChannelState,
  type HistoryOptions,
} from '../src/index.js';
import { type ChannelMethods, ChannelStreams, defineChannelMethods } from '../src/internal.js';

// The smallest owner there is: no network, a state per channel.
class Owner extends AsyncStreamEmitter {
  readonly channelStreams = new ChannelStreams();
  readonly states = new Map<string, ChannelState>();
  readonly published: unknown[] = [];

  subscribe(name: string) {
    this.states.set(name, 'subscribed');
  }
  unsubscribe(name: string) {
    this.states.delete(name);
  }
  isSubscribed(name: string) {
    return this.states.get(name) === 'subscribed';
  }
  getChannelState(name: string): ChannelState {
    return this.states.get(name) ?? 'unsubscribed';
  }
  getChannelOptions(): ChannelOptions {
    return {};
  }
  getChannelPosition(name: string) {
    return this.isSubscribed(name) ? `k:${this.published.length}:0` : null;
  }
  async transmitPublish(...publication: unknown[]) {
    this.published.push(publication);
  }
  async invokePublish(...publication: unknown[]) {
    this.published.push(publication);
    return { position: `k:${this.published.length}:0`, duplicate: false };
  }
  async history(name: string, { limit }: HistoryOptions = {}) {
    const publications = this.published
      .slice(0, limit)
      .map((data) => ({ data, position: `${name}:1:0` }));
    return { publications, position: 'k:1:0', hasMore: true };
  }
}
interface Owner extends ChannelMethods {}
defineChannelMethods(Owner);

async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const values: T[] = [];
  for await (const value of stream) values.push(value);
  return values;
}

describe('an AGChannel', () => {
  it('is a handle: equivalent to every other of its name', async () => {
    const owner = new Owner();
    const [one, two] = [owner.channel('news'), owner.channel('news')];
    const loop = collect(one);
    two.subscribe();
    owner.channelStreams.publish('news', 1);
    owner.channelStreams.publish('other', 2);
    two.close();
    expect(await loop).toEqual([1]);
    expect([one.state, two.isSubscribed(), one.client === owner]).toEqual([
      'subscribed',
      true,
      true,
    ]);
  });

  it('refuses to have its state or options assigned', () => {
    const channel = new Owner().channel('news');
    expect(() => {
      channel.state = 'subscribed';
    }).toThrow('Cannot directly set channel state');
    expect(() => {
      channel.options = {};
    }).toThrow('Cannot directly set channel options');
  });

  it('carries the state names on the class and on instances', () => {
    const channel = new Owner().channel('news');
    expect([AGChannel.PENDING, AGChannel.SUBSCRIBED, AGChannel.UNSUBSCRIBED]).toEqual([
      channel.PENDING,
      channel.SUBSCRIBED,
      channel.UNSUBSCRIBED,
    ]);
  });

  it('publishes through its owner and returns itself from subscribe', async () => {
    const owner = new Owner();
    const channel = owner.channel('news');
    expect(channel.subscribe()).toBe(channel);
    await channel.transmitPublish(1, { id: 'a' });
    expect(await channel.invokePublish(2)).toEqual({ position: 'k:2:0', duplicate: false });
    expect(owner.published).toEqual([
      ['news', 1, { id: 'a' }],
      ['news', 2, undefined],
    ]);
  });

  it('asks its owner for its position and its history', async () => {
    const owner = new Owner();
    const channel = owner.channel('news');
    expect(channel.position).toBeNull();
    channel.subscribe();
    expect(channel.position).toBe('k:0:0');
    await channel.transmitPublish(1);
    await channel.transmitPublish(2);
    expect(await channel.history({ limit: 1 })).toEqual({
      publications: [{ data: ['news', 1, undefined], position: 'news:1:0' }],
      position: 'k:1:0',
      hasMore: true,
    });
  });

  it('closes only what it names: data, one event, all events, or everything', async () => {
    const owner = new Owner();
    const channel = owner.channel('news');
    const ended: string[] = [];
    const loop = (name: string, stream: AsyncIterable<unknown>) =>
      collect(stream).then(() => ended.push(name));
    const loops = [
      loop('data', channel),
      loop('subscribe', channel.listener('subscribe')),
      loop('kickOut', channel.listener('kickOut')),
    ];
    channel.closeListener('subscribe');
    await loops[1];
    expect(ended).toEqual(['subscribe']);
    channel.closeOutput();
    await loops[0];
    expect(ended).toEqual(['subscribe', 'data']);
    channel.killAllListeners();
    await loops[2];
    expect(ended).toEqual(['subscribe', 'data', 'kickOut']);
    expect(owner.getAllChannelListenersConsumerStatsList()).toEqual([]);
  });
});

describe('listeners of channels', () => {
  it('never touch those of a channel whose name goes on with a slash', async () => {
    const owner = new Owner();
    const inner = collect(owner.channel('foo/bar').listener('subscribe'));
    const split = collect(owner.channel('foo').listener('bar/subscribe' as never));
    owner.channelStreams.emit('foo', 'bar/subscribe', 'mine');
    owner.channelCloseAllListeners('foo');
    owner.killChannel('foo');
    owner.channelStreams.emit('foo/bar', 'subscribe', 'still here');
    owner.closeChannel('foo/bar');
    expect(await inner).toEqual(['still here']);
    expect(await split).toEqual([]);
  });

  it('report the stream as channel/event and number their consumers apart from data loops', () => {
    const owner = new Owner();
    const data = owner.channel('a').createConsumer();
    const listener = owner.channel('b/c').listener('subscribe').createConsumer(5000);
    expect([data.id, listener.id]).toEqual([1, 1]);
    expect(owner.getChannelListenerConsumerStats(1)).toEqual({
      id: 1,
      backpressure: 0,
      timeout: 5000,
      stream: 'b/c/subscribe',
    });
    expect(owner.channel('a').getListenerConsumerStats(1)).toBeUndefined();
    expect(owner.channel('a').getOutputConsumerStats(1)?.stream).toBe('a');
    expect(owner.channelHasListenerConsumer('b/c', 'subscribe', 1)).toBe(true);
    expect(owner.channelHasListenerConsumer('b', 'c/subscribe' as never, 1)).toBe(false);
    expect(owner.channelHasAnyListenerConsumer('b', 1)).toBe(false);
    owner.channel('a').killListenerConsumer(1);
    expect(owner.hasAnyChannelListenerConsumer(1)).toBe(true);
    owner.channel('b/c').killListenerConsumer(1);
    expect(owner.hasAnyChannelListenerConsumer(1)).toBe(false);
  });

  it('measure backlogs by event, channel and owner', () => {
    const owner = new Owner();
    owner.channel('a').createConsumer();
    owner.channel('a').listener('subscribe').createConsumer();
    owner.channel('b').listener('subscribe').createConsumer();
    for (let i = 0; i < 3; i++) owner.channelStreams.emit('a', 'subscribe', i);
    for (let i = 0; i < 5; i++) owner.channelStreams.emit('b', 'subscribe', i);
    for (let i = 0; i < 2; i++) owner.channelStreams.publish('a', i);
    const a = owner.channel('a');
    expect([a.getBackpressure(), a.getOutputBackpressure()]).toEqual([3, 2]);
    expect(a.getListenerBackpressure('subscribe')).toBe(3);
    expect(owner.getAllChannelsBackpressure()).toBe(5);
    expect([a.getOutputConsumerCount(), a.getListenerConsumerCount('kickOut')]).toEqual([1, 0]);
    expect(owner.channelGetAllListenersConsumerCount('b')).toBe(1);
    expect(owner.getAllChannelListenersConsumerCount()).toBe(2);
    owner.channelKillAllListeners('b');
    expect(owner.getAllChannelsBackpressure()).toBe(3);
    owner.killAllChannels();
    expect(owner.getAllChannelsBackpressure()).toBe(0);
  });

  it('resume after a close without missing an event', async () => {
    const owner = new Owner();
    const stream = owner.channel('a').listener('subscribe');
    const seen: unknown[] = [];
    const loop = (async () => {
      for (let round = 0; round < 2; round++) for await (const event of stream) seen.push(event);
    })();
    owner.channelStreams.emit('a', 'subscribe', 1);
    owner.channel('a').closeAllListeners();
    owner.channelStreams.emit('a', 'subscribe', 2);
    owner.channel('a').closeAllListeners();
    await loop;
    expect(seen).toEqual([1, 2]);
  });

  it.each(['__proto__', 'constructor', '', '1', '5:x'])('work for the name %j', async (name) => {
    const owner = new Owner();
    const event = within(
      'the event',
      owner
        .channel(name)
        .listener(name as never)
        .once(),
    );
    const data = within('a publication', owner.channel(name).once());
    owner.channelStreams.emit(name, name, 'event');
    owner.channelStreams.publish(name, 'data');
    expect(await Promise.all([event, data])).toEqual(['event', 'data']);
    expect(owner.channel(name).getAllListenersConsumerStatsList()).toEqual([]);
  });

  it('come back with a consumer that is iterated again after its close', async () => {
    const owner = new Owner();
    const consumer = owner.channel('a').listener('subscribe').createConsumer();
    owner.channel('a').closeAllListeners();
    expect((await consumer.next()).done).toBe(true);
    await new Promise((resolve) => setImmediate(resolve));
    const next = consumer.next();
    owner.channelStreams.emit('a', 'subscribe', 'again');
    expect(await next).toEqual({ value: 'again', done: false });
    owner.channelKillAllListeners('a');
    expect(owner.hasAnyChannelListenerConsumer(consumer.id)).toBe(false);
  });
});
