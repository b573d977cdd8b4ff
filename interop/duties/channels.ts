import { rejection } from '@asyngular/test-utils/wait';
import { expect } from 'vitest';
import { duty } from '../support/duty.js';

const refusal = () => Object.assign(new Error('not here'), { name: 'RefusedError' });

/** P6: subscriptions and publications. */
export const channels = [
  duty('P6.1 P6.2', 'subscribing, with data', async (stage) => {
    const { client, server } = await stage.connected();
    client.subscribe('news', { data: { since: 7 } });
    expect(await client.event('subscribe')).toMatchObject({ channel: 'news' });
    expect(await server.event('subscription')).toMatchObject({
      channel: 'news',
      subscriptionOptions: { data: { since: 7 } },
    });
  }),

  duty('P6.1', 'subscription data may be 0', async (stage) => {
    const { client, server } = await stage.connected();
    client.subscribe('news', { data: 0 });
    expect((await server.event('subscription')).subscriptionOptions.data).toBe(0);
  }),

  duty('P6.7 P6.8 P6.9', 'the own publication arrives before its answer', async (stage) => {
    const { client } = await stage.connected();
    const seen: unknown[] = [];
    client.subscribe('news');
    client.watch('news', (data) => seen.push(data));
    await client.subscribed('news');
    const earlier = client.packets.length;
    await client.invokePublish('news', { text: 'hello' });
    await stage.until('both packets', () => client.packets.length >= earlier + 2);
    await stage.until('the publication', () => seen.length === 1);
    expect(seen).toEqual([{ text: 'hello' }]);
    const [delivery, answer] = client.packets.slice(earlier);
    expect(delivery).toEqual({
      event: '#publish',
      data: { channel: 'news', data: { text: 'hello' } },
    });
    expect(answer).toEqual({ rid: expect.any(Number) });
  }),

  duty('P6.9', 'all subscribers get all publications in the same order', async (stage) => {
    const { client, server } = await stage.connected();
    const { client: other } = await stage.join(server);
    const seen: unknown[][] = [];
    for (const each of [client, other]) {
      const mine: unknown[] = [];
      seen.push(mine);
      each.subscribe('news');
      each.watch('news', (data) => mine.push(data));
      await each.subscribed('news');
    }
    for (let index = 0; index < 15; index += 1) {
      client.publish('news', `client ${index}`);
      other.publish('news', `other ${index}`);
      void server.native.exchange.transmitPublish('news', `server ${index}`);
    }
    await stage.until('all deliveries', () => seen.every((mine) => mine.length === 45));
    expect(seen[0]).toEqual(seen[1]);
    for (const from of ['client', 'other', 'server']) {
      const expected = Array.from({ length: 15 }, (_, index) => `${from} ${index}`);
      expect(seen[0]!.filter((text) => String(text).startsWith(from))).toEqual(expected);
    }
  }),

  duty('P6.5', 'unsubscribing', async (stage) => {
    const { client, server } = await stage.connected();
    const seen: unknown[] = [];
    for (const channel of ['left', 'kept']) {
      client.subscribe(channel);
      client.watch(channel, (data) => seen.push(data));
      await client.subscribed(channel);
    }
    client.unsubscribe('left');
    expect(await server.event('unsubscription')).toMatchObject({ channel: 'left' });
    await client.invokePublish('left', 'unheard');
    await client.invokePublish('kept', 'heard');
    await stage.until('the other channel', () => seen.length > 0);
    expect(seen).toEqual(['heard']);
    expect(client.packets.filter(({ event }) => event === '#publish')).toHaveLength(1);
  }),

  duty('P6.13', 'who subscribes and publishes at once gets the publication', async (stage) => {
    const { client } = await stage.connected();
    const seen: unknown[] = [];
    client.watch('news', (data) => seen.push(data));
    client.subscribe('news');
    client.publish('news', 'mine');
    await stage.until('the publication', () => seen.length === 1);
    expect(seen).toEqual(['mine']);
  }),

  duty('P6.2', 'a refused subscription', async (stage) => {
    const { client, server } = await stage.connected({
      prepare: (it) =>
        it.middleware('inbound', (action) => {
          if (action.type === 'subscribe') action.block(refusal());
        }),
    });
    client.subscribe('news');
    const { error, channel } = await client.event('subscribeFail');
    expect(error).toMatchObject({ name: 'RefusedError', message: 'not here' });
    expect(channel).toBe('news');
    expect(client.channelState('news')).toBe('unsubscribed');
    expect(server.of('subscription')).toEqual([]);
  }),

  duty('P6.8', 'a refused publication', async (stage) => {
    const { client } = await stage.connected({
      prepare: (it) =>
        it.middleware('inbound', (action) => {
          if (action.type === 'publishIn' && action.data === 'bad') action.block(refusal());
        }),
    });
    const seen: unknown[] = [];
    client.subscribe('news');
    client.watch('news', (data) => seen.push(data));
    await client.subscribed('news');
    const error = await rejection(client.invokePublish('news', 'bad'));
    expect(error).toMatchObject({ name: 'RefusedError', message: 'not here' });
    await client.invokePublish('news', 'good');
    await stage.until('the good one', () => seen.length > 0);
    expect(seen).toEqual(['good']);
  }),

  duty('P6.11', 'publishing by clients can be disabled', async (stage) => {
    const { client } = await stage.connected({ server: { allowClientPublish: false } });
    const error = await rejection(client.invokePublish('news', 1));
    expect(error.name).toBe('InvalidActionError');
    expect(client.state).toBe('open');
  }),

  duty('P6.4', 'the limit of subscriptions', async (stage) => {
    const { client } = await stage.connected({ server: { socketChannelLimit: 2 } });
    for (const channel of ['one', 'two']) {
      client.subscribe(channel);
      await client.subscribed(channel);
    }
    client.subscribe('three');
    expect(await client.event('subscribeFail')).toMatchObject({
      channel: 'three',
      error: { name: 'BrokerError' },
    });
  }),

  duty('P6.12', 'kicking out', async (stage) => {
    const { client, server, socket } = await stage.connected();
    const { client: other } = await stage.join(server);
    for (const each of [client, other]) {
      each.subscribe('room');
      await each.subscribed('room');
    }
    await socket.kickOut('room', { why: 'closed' });
    expect(await client.event('kickOut')).toEqual({ channel: 'room', message: { why: 'closed' } });
    await stage.until('the end', () => client.channelState('room') === 'unsubscribed');
    expect(socket.isSubscribed('room')).toBe(false);
    expect(other.channelState('room')).toBe('subscribed');
    client.subscribe('room');
    await client.subscribed('room');
  }),

  duty('P6.10', 'a channel whose name is empty', async (stage) => {
    const { client, server } = await stage.connected();
    const seen: unknown[] = [];
    client.subscribe('');
    client.watch('', (data) => seen.push(data));
    expect((await server.event('subscription')).channel).toBe('');
    await client.invokePublish('', 'nameless');
    await stage.until('the publication', () => seen.length === 1);
    expect(seen).toEqual(['nameless']);
  }),

  duty('P6.1 P6.9', 'a channel prefix', async (stage) => {
    const { client, server, socket } = await stage.connected({ client: { channelPrefix: 'app#' } });
    const seen: unknown[] = [];
    client.subscribe('news');
    client.watch('news', (data) => seen.push(data));
    expect((await server.event('subscription')).channel).toBe('app#news');
    await client.subscribed('news');
    await client.invokePublish('news', 1);
    await server.native.exchange.invokePublish('app#news', 2);
    await stage.until('both publications', () => seen.length === 2);
    expect(seen).toEqual([1, 2]);
    await socket.kickOut('app#news', 'out');
    expect(await client.event('kickOut')).toEqual({ channel: 'news', message: 'out' });
  }),
  duty('P6.3', '#subscribe without a call id is ignored and reported', async (stage) => {
    const { client, server, socket } = await stage.connected();
    client.send('{"event":"#subscribe","data":{"channel":"news"}}');
    await server.event('warning');
    expect(socket.subscriptions()).toEqual([]);
    expect(client.state).toBe('open');
  }),

  duty('P6.5', 'leaving a channel that one is not in is an error', async (stage) => {
    const { client } = await stage.connected();
    const error = await rejection(client.invoke('#unsubscribe', 'nowhere'));
    expect(error.name).toBe('BrokerError');
  }),

  duty('P6.6', 'a subscription that was not sent is not taken back', async (stage) => {
    const { client, server } = await stage.connected({
      prepare: (it) => it.procedure('echo', (data) => data),
    });
    client.subscribe('private', { waitForAuth: true });
    client.unsubscribe('private');
    await client.invoke('echo', 1);
    expect(server.sockets[0]!.messages.map(String).join()).not.toContain('#unsubscribe');
  }),

  duty('P6.10', 'a channel that is no text is refused', async (stage) => {
    const { client } = await stage.connected();
    for (const event of ['#subscribe', '#publish']) {
      const error = await rejection(client.invoke(event, { channel: 7, data: 1 }));
      expect(error.name).toBe('InvalidActionError');
    }
    expect(client.state).toBe('open');
  }),

  duty('P6.12 P6.14', 'deliveries and kick-outs of other channels are ignored', async (stage) => {
    const { client, socket } = await stage.connected();
    const seen: unknown[] = [];
    client.subscribe('news');
    client.watch('news', (data) => seen.push(data));
    client.watch('other', (data) => seen.push(data));
    await client.subscribed('news');
    socket.send('{"event":"#publish","data":{"channel":"other","data":1}}');
    socket.send('{"event":"#publish","data":{"data":2}}');
    socket.send('{"event":"#kickOut","data":{"channel":"other"}}');
    await client.invokePublish('news', 3);
    await stage.until('the publication', () => seen.length > 0);
    expect(seen).toEqual([3]);
    expect([...client.of('raw'), ...client.of('error')]).toEqual([]);
    // The adapter's watching makes the channel known; a client may then tell of the kick-out.
    expect(client.channelState('other')).toBe('unsubscribed');
  }),
];
