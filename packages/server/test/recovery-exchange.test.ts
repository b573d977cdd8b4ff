import { MemoryHub, memoryBroker } from '@asyngular/broker';
import { describe, expect, it } from 'vitest';
import type { AGServerOptions } from '../src/index.js';
import { openRecovering } from './support/recovery-client.js';
import { collect, startServer, until } from './support/server.js';

const options: AGServerOptions = {
  channels: { 'log:*': { history: { size: 5 }, rewind: 3 }, 'quiet:*': { history: {} } },
};

async function startExchange(count = 0, given: AGServerOptions = options) {
  const context = await startServer(given);
  const { exchange } = context.server;
  const positions: string[] = [];
  for (let data = 1; data <= count; data++) {
    positions.push((await exchange.invokePublish('log:1', data))!.position);
  }
  return { ...context, exchange, positions };
}

describe('publishing on the exchange', () => {
  it('resolves to the position where the channel has history, else to nothing', async () => {
    const { exchange } = await startExchange();
    const first = await exchange.invokePublish('log:1', 'a', { id: 'one' });
    expect(first).toEqual({ position: expect.any(String), duplicate: false });
    expect(await exchange.channel('log:1').invokePublish('b', { id: 'one' })).toEqual({
      position: first!.position,
      duplicate: true,
    });
    expect(await exchange.invokePublish('plain', 'a')).toBeUndefined();
  });

  it('refuses an id where the channel has none, or that no id can be', async () => {
    const { exchange } = await startExchange();
    await expect(exchange.invokePublish('plain', 1, { id: 'one' })).rejects.toMatchObject({
      name: 'InvalidActionError',
      message: expect.stringContaining(
        "give the channel history with the server's option channels",
      ),
    });
    await expect(exchange.transmitPublish('log:1', 1, { id: '' })).rejects.toMatchObject({
      name: 'InvalidArgumentsError',
      message: "The id option of a publication is ''; it must be a text of 1 to 64 characters",
    });
    await expect(exchange.invokePublish('log:1', 1, { ID: 'x' } as never)).rejects.toThrow(
      'did you mean id?',
    );
    // A promise that nobody awaits does not end the process.
    exchange.transmitPublish('plain', 1, { id: 'one' });
  });

  it('reaches clients of all servers in one order', async () => {
    const hub = new MemoryHub();
    const start = () => startExchange(0, { ...options, broker: memoryBroker({ hub }) });
    const [here, there] = [await start(), await start()];
    const seen = [here, there].map(({ exchange }) =>
      collect(exchange.subscribe('log:1'), (data) => data),
    );
    await Promise.all(
      Array.from({ length: 20 }, (_, data) =>
        (data % 2 ? here : there).exchange.invokePublish('log:1', data),
      ),
    );
    await until('all publications', () => seen.every((some) => some.length === 20));
    expect(seen[0]).toEqual(seen[1]);
  });
});

describe('subscribing on the exchange', () => {
  it('begins with the rewind, and goes on live', async () => {
    const { exchange, positions } = await startExchange(5);
    const channel = exchange.channel('log:1');
    const data = collect(channel, (value) => value);
    const publications = collect(channel.listener('publication'), (event) => event);
    channel.subscribe({ rewind: 2 });
    const { position } = (await exchange.invokePublish('log:1', 6))!;
    await until('three publications', () => data.length === 3);
    expect(data).toEqual([4, 5, 6]);
    expect(publications).toEqual([
      { data: 4, position: positions[3], recovered: true },
      { data: 5, position: positions[4], recovered: true },
      { data: 6, position, recovered: false },
    ]);
    expect(channel.position).toBe(position);
  });

  it('begins after a position, and says so', async () => {
    const { exchange, positions } = await startExchange(5);
    const channel = exchange.channel('log:1');
    const publications = collect(channel.listener('publication'), (event) => event);
    const events = collect(channel.listener('subscribe'), (event) => event);
    channel.subscribe({ since: positions[2]! });
    expect(channel.state).toBe('subscribed');
    const { position } = (await exchange.invokePublish('log:1', 6))!;
    await until('three publications', () => publications.length === 3);
    expect(events).toEqual([{ recovered: true }]);
    expect(publications).toEqual([
      { data: 4, position: positions[3], recovered: true },
      { data: 5, position: positions[4], recovered: true },
      { data: 6, position, recovered: false },
    ]);
  });

  it('has a position as soon as there is one, and none when it has ended', async () => {
    const { exchange } = await startExchange();
    const channel = exchange.subscribe('quiet:1');
    expect(channel.position).toMatch(/^[\w-]+:0:0$/);
    const { position } = (await channel.invokePublish('a'))!;
    expect(channel.position).toBe(position);
    channel.unsubscribe();
    expect(channel.position).toBeNull();
    expect(exchange.subscribe('plain').position).toBeNull();
  });

  it('announces what cannot be reached, and goes on', async () => {
    const { exchange, positions } = await startExchange(7);
    const channel = exchange.channel('log:1');
    const data = collect(channel, (value) => value);
    const holes = collect(channel.listener('interruption'), (event) => event);
    const events = collect(exchange.listener('interruption'), (event) => event);
    const subscribed = collect(channel.listener('subscribe'), (event) => event);
    channel.subscribe({ since: positions[0]!, rewind: 1 });
    await exchange.invokePublish('log:1', 8);
    await until('two publications', () => data.length === 2);
    expect(data).toEqual([7, 8]);
    const hole = {
      since: expect.any(Number),
      until: expect.any(Number),
      reason: expect.any(String),
      position: positions[6],
    };
    expect([holes, events]).toEqual([[hole], [{ channel: 'log:1', ...hole }]]);
    expect(subscribed).toEqual([{ recovered: false }]);
  });

  it('is refused instead, if it asks for that', async () => {
    const { exchange, positions, warnings } = await startExchange(7);
    const channel = exchange.channel('log:1');
    const refusals = collect(channel.listener('subscribeFail'), (event) => event);
    channel.subscribe({ since: positions[0]!, mode: 'reject' });
    await until('the refusal', () => refusals.length === 1);
    expect(refusals[0]!.error.name).toBe('UnrecoverablePositionError');
    expect([channel.state, exchange.subscriptions()]).toEqual(['unsubscribed', []]);
    expect(warnings).toEqual([]);
    await expect(channel.subscribed()).rejects.toThrow();
  });

  it('may end and begin again, and hears nothing in between', async () => {
    const { exchange } = await startExchange();
    const channel = exchange.channel('log:1');
    const data = collect(channel, (value) => value);
    const states = collect(channel.listener('subscribeStateChange'), (event) => event);
    channel.subscribe({ rewind: 0 });
    await channel.invokePublish(1);
    channel.unsubscribe();
    await channel.invokePublish(2);
    channel.subscribe({ rewind: 0 });
    expect([exchange.isSubscribed('log:1'), exchange.subscriptions()]).toEqual([true, ['log:1']]);
    await channel.invokePublish(3);
    await until('two publications', () => data.length === 2);
    expect(data).toEqual([1, 3]);
    expect(states.map(({ newChannelState }) => newChannelState)).toEqual([
      'subscribed',
      'unsubscribed',
      'subscribed',
    ]);
  });

  it('refuses options that cannot be', async () => {
    const { exchange, positions } = await startExchange(1);
    const subscribe = (given: object) => () => exchange.subscribe('log:1', given);
    expect(subscribe({ rewind: -1 })).toThrow('The rewind option of subscribe() is -1');
    expect(subscribe({ since: 5 })).toThrow('it must be a text of 1 to 128 characters');
    expect(subscribe({ since: positions[0], mode: 'rejct' })).toThrow(
      "The mode option of subscribe() is 'rejct'; it must be 'continue' or 'reject'",
    );
    expect(exchange.subscriptions()).toEqual([]);
    // Published servers take any options here.
    expect(exchange.subscribe('log:1', { waitForAuth: true }).state).toBe('subscribed');
  });
});

describe('history on the exchange', () => {
  it('is read without a subscription', async () => {
    const { exchange, positions } = await startExchange(4);
    expect(await exchange.history('log:1', { limit: 2 })).toEqual({
      publications: [
        { data: 4, position: positions[3] },
        { data: 3, position: positions[2] },
      ],
      position: positions[3],
      hasMore: true,
    });
    const after = await exchange
      .channel('log:1')
      .history({ after: positions[1]!, order: 'oldest' });
    expect(after.publications.map(({ data }) => data)).toEqual([3, 4]);
  });

  it('is refused where there is none, and for options that cannot be', async () => {
    const { exchange, positions } = await startExchange(7);
    await expect(exchange.history('plain')).rejects.toThrow('The channel plain has no history');
    await expect(exchange.history('log:1', { after: positions[0]! })).rejects.toMatchObject({
      name: 'UnrecoverablePositionError',
    });
    await expect(exchange.history('log:1', { limit: 0 })).rejects.toThrow(
      'The limit option of history() is 0; it must be a whole number of publications, 1 or more',
    );
    const both = { before: positions[6]!, after: positions[5]! };
    await expect(exchange.history('log:1', both)).rejects.toThrow('leave one of them out');
  });
});

describe('counters of history', () => {
  it('are absent where no channel has history', async () => {
    const { server } = await startServer();
    expect([server.stats().history, server.health().history]).toEqual([undefined, undefined]);
  });

  it('tell what logs keep and what became of those who came back', async () => {
    const context = await startExchange(7);
    const { server, exchange, positions } = context;
    await exchange.invokePublish('log:1', 8, { id: 'a' });
    await exchange.invokePublish('log:1', 8, { id: 'a' });
    exchange.subscribe('quiet:1');
    const client = await openRecovering(context);
    const subscribe = (recover: string) =>
      client.request('#subscribe', { channel: 'log:1', recover });
    await subscribe(positions[0]!);
    await client.request('#unsubscribe', 'log:1');
    await subscribe(positions[5]!);
    const { history } = server.stats();
    expect(history).toMatchObject({
      channels: 2,
      recovered: 1,
      unrecovered: 1,
      appended: 8,
      duplicates: 1,
      logs: 2,
      publications: 5,
      gaps: 0,
      healed: 0,
      evictions: 0,
    });
    expect(history!.bytes).toBeGreaterThan(5 * 40);
    expect(history!.reads).toBeGreaterThan(0);
    await until('the end of catching up', () => server.stats().history!.catchingUp === 0);
    expect(server.health().history).toEqual(server.stats().history);
  });
});
